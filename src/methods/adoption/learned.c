/* Written by `orrery eval adoption --real DIR --learn FILE`: learned from cumulative fine-tunes per month of
 * open-weight models (hf_adoption, MIT, ForecastHuggingFaceModels), 760 series of 9 companies. */
#include "methods/adoption/blend.h"

const struct orr_rpp_prior orr_rpp_shipped_prior = {10.16, 1.77, 0.8672, 1.601, 0.7953, 0.8075};

const struct orr_blend orr_blend_shipped = {
    .p = {-0.01385, -0.0006585, -0.04099, 0.2525, 0.1409, 0.07571},
    .scale = {-0.1537, 0.1912, -0.4687, -0.03263},
    .quantile = {-4.08, -3.229, -2.393, -1.842, -1.26, -0.5405, 0.2436, 0.9537, 1.76, 2.583, 3.147, 3.668, 4.091},
};
