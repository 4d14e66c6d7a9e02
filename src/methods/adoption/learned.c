/* Written by `orrery eval adoption --real DIR --learn FILE`. Prior and b: cumulative fine-tunes per month of
 * open-weight models (hf_adoption, MIT, ForecastHuggingFaceModels), 760 series of 9 companies. Errors: these, 150 packages
 * (pypi_downloads, Apache-2.0, StarScout) and 150 simulated series. */
#include "methods/adoption/blend.h"

const struct orr_rpp_prior orr_rpp_shipped_prior = {10.16, 1.77, 0.8672, 1.601, 0.7953, 0.8075};

const struct orr_blend orr_blend_shipped = {
    .quickening = 0.2593,
    .errors = {{.scale = {-0.3989, 0.3601, -0.5261, -0.2529, 0.3041, 0.1034},
                .quantile = {-4.34, -3.318, -2.334, -1.746, -1.15, -0.3427, 0.3231, 0.9875, 1.818, 2.491, 3.219, 4.487, 5.718}},
               {.scale = {-0.4612, 0.1598, -0.4479, -0.1226, 0.1479, 0.03281},
                .quantile = {-3.704, -3.078, -2.287, -1.752, -1.201, -0.4678, 0.2327, 0.981, 1.806, 2.401, 3.067, 4.383, 5.772}}},
};
