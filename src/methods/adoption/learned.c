/* Written by `orrery eval adoption --real DIR --learn FILE`. Prior and b: cumulative fine-tunes per month of
 * open-weight models (hf_adoption, MIT, ForecastHuggingFaceModels), 760 series of 9 companies. Errors: these, 150 packages
 * (pypi_downloads, Apache-2.0, StarScout) and 150 simulated series. */
#include "methods/adoption/blend.h"

const struct orr_rpp_prior orr_rpp_shipped_prior = {10.57, 1.822, 0.9511, 1.542, 0.8624, 0.8655};

const struct orr_blend orr_blend_shipped = {
    .quickening = 0.2728,
    .line = 0.06431,
    .curve = -0.3585,
    .errors = {{.scale = {-0.4036, 0.3608, -0.5238, -0.252, 0.3045, 0.1012},
                .quantile = {-4.315, -3.302, -2.326, -1.762, -1.172, -0.3472, 0.3144, 0.9832, 1.823, 2.487, 3.234,
                             4.496, 5.837}},
               {.scale = {-0.4685, 0.1598, -0.4167, -0.1173, 0.1562, 0.03066},
                .quantile = {-3.677, -3.015, -2.261, -1.725, -1.222, -0.4852, 0.2102, 0.9732, 1.807, 2.405, 3.045,
                             4.317, 5.874}}},
};
