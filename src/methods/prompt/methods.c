/* The methods, each a layout of prompts with its settings. */
#include "methods/prompt/prompt.h"

enum { DEEP = ORR_PROMPTS_LAYERS };

static struct orr_prompts_layout start(const struct orr_clip *c) { return orr_prompts_none(c->text.layers, c->vision.layers); }

static struct orr_prompts_layout coop(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    struct orr_prompts_layout l = start(c);
    orr_prompts_deep(&l, ORR_PROMPTS_TEXT, 1, s->context, 0, 0);
    return l;
}

static struct orr_prompts_layout cocoop(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    struct orr_prompts_layout l = coop(c, s);
    l.meta = true;
    return l;
}

static struct orr_prompts_layout deep_text(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    struct orr_prompts_layout l = start(c);
    orr_prompts_deep(&l, ORR_PROMPTS_TEXT, s->depth, s->context, s->context, s->context);
    return l;
}

static struct orr_prompts_layout deep_vision(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    struct orr_prompts_layout l = start(c);
    orr_prompts_deep(&l, ORR_PROMPTS_IMAGE, s->depth, s->context, s->context, s->context);
    return l;
}

static struct orr_prompts_layout independent(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    struct orr_prompts_layout l = deep_text(c, s);
    orr_prompts_deep(&l, ORR_PROMPTS_IMAGE, s->depth, s->context, s->context, s->context);
    return l;
}

static struct orr_prompts_layout maple(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    struct orr_prompts_layout l = start(c);
    orr_prompts_modular(&l, s->depth, s->context, s->context, s->context, s->maps);
    return l;
}

static struct orr_prompts_layout modular(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    struct orr_prompts_layout l = start(c);
    orr_prompts_modular(&l, s->depth, s->context, s->add, s->remove, s->maps);
    return l;
}

static struct orr_prompts_layout uniform(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    return orr_prompts_uniform(c, s->length);
}

static struct orr_prompts_layout random_layout(const struct orr_clip *c, const struct orr_prompt_settings *s)
{
    return orr_prompts_random(c, s->longest, s->seed);
}

/* ---- descriptors ---- */

#define CONTEXT(n) {"context", ORR_PARAM_INT, n, 1, ORR_PROMPTS_MOST, "tokens", NULL, "prompts at the first layer"}
#define DEPTH {"depth", ORR_PARAM_INT, "32", 1, ORR_PROMPTS_LAYERS, "layers", NULL, "layers with prompts, cut to the tower's"}
#define MAPS(which)                                                                                                    \
    {                                                                                                                  \
        "maps", ORR_PARAM_CHOICE, which, 0, 0, NULL, "layer|token",                                                    \
            "linear maps from text to image prompts: one per layer or per token"                                       \
    }
#define LONGEST {"longest", ORR_PARAM_INT, "4", 1, ORR_PROMPTS_OPTIONS - 1, "tokens", NULL, "prompts of a layer at most"}

static const struct orr_param no_params[] = {{0}};
static const struct orr_param coop_params[] = {CONTEXT("4"), {0}};
static const struct orr_param deep_params[] = {CONTEXT("2"), DEPTH, {0}};
static const struct orr_param maple_params[] = {CONTEXT("2"), DEPTH, MAPS("layer"), {0}};
static const struct orr_param modular_params[] = {
    CONTEXT("1"),
    {"add", ORR_PARAM_INT, "2", 0, ORR_PROMPTS_MOST, "tokens", NULL, "prompts that come at each deeper layer"},
    {"remove", ORR_PARAM_INT, "1", 0, ORR_PROMPTS_MOST, "tokens", NULL, "prompts that leave at each deeper layer"},
    DEPTH,
    MAPS("token"),
    {0}};
static const struct orr_param uniform_params[] = {
    {"length", ORR_PARAM_INT, "2", 0, ORR_PROMPTS_OPTIONS - 1, "tokens", NULL, "prompts of every layer of both towers"}, {0}};
static const struct orr_param longest_params[] = {LONGEST, {0}};

/* Chosen as orr_prompts_defaults were; what is not named takes theirs. */
#define CONTEXT_LR 0.02
#define MODULAR_LR 0.007
static const struct orr_prompt_method
    zero_shot_kind = {.kind = ORR_PROMPT_ZERO_SHOT},
    probe_kind = {.kind = ORR_PROMPT_PROBE}, coop_kind = {ORR_PROMPT_LAYOUT, CONTEXT_LR, {.context = 4}, coop},
    cocoop_kind = {ORR_PROMPT_LAYOUT, CONTEXT_LR, {.context = 4}, cocoop},
    deep_text_kind = {ORR_PROMPT_LAYOUT, 0, {.context = 2, .depth = DEEP}, deep_text},
    deep_vision_kind = {ORR_PROMPT_LAYOUT, 0, {.context = 2, .depth = DEEP}, deep_vision},
    independent_kind = {ORR_PROMPT_LAYOUT, 0, {.context = 2, .depth = DEEP}, independent},
    maple_kind = {ORR_PROMPT_LAYOUT, 0, {.context = 2, .depth = DEEP, .maps = ORR_PROMPTS_MAP_LAYER}, maple},
    modular_kind = {ORR_PROMPT_LAYOUT,
                    MODULAR_LR,
                    {.context = 1, .add = 2, .remove = 1, .depth = DEEP, .maps = ORR_PROMPTS_MAP_TOKEN},
                    modular},
    uniform_kind = {ORR_PROMPT_LAYOUT, 0, {.length = 2}, uniform},
    random_kind = {ORR_PROMPT_LAYOUT, 0, {.longest = 4, .seed = 1}, random_layout},
    search_kind = {ORR_PROMPT_SEARCH, 0, {.longest = 4}, NULL};

const struct orr_method orr_prompt_zero_shot = {.name = "zero-shot",
                                                .summary = "the encoder as it is: names of classes in a template",
                                                .source = "Radford et al. 2021",
                                                .equations = "p(c | image) = softmax_c(s cos(f(image), g(template(c))))",
                                                .params = no_params,
                                                .input = ORR_DATA_IMAGES,
                                                .baseline = true,
                                                .prompt = &zero_shot_kind};
const struct orr_method orr_prompt_linear_probe = {.name = "linear-probe",
                                                   .summary = "logistic regression on features of images; knows no new class",
                                                   .source = "Radford et al. 2021",
                                                   .equations = "p(c | image) = softmax_c(w_c f(image) + b_c)",
                                                   .params = no_params,
                                                   .input = ORR_DATA_IMAGES,
                                                   .baseline = true,
                                                   .prompt = &probe_kind};
const struct orr_method orr_prompt_coop = {.name = "coop",
                                           .summary = "learned context in place of the template's words",
                                           .source = "CoOp: Zhou et al. 2022",
                                           .equations = "text of class c: [v_1] ... [v_n] name(c)",
                                           .params = coop_params,
                                           .input = ORR_DATA_IMAGES,
                                           .baseline = true,
                                           .prompt = &coop_kind};
const struct orr_method orr_prompt_cocoop = {
    .name = "cocoop",
    .summary = "learned context shifted by a small network of the image's feature",
    .source = "CoCoOp: Zhou et al. 2022",
    .equations = "text of class c for image x: [v_1 + h(f(x))] ... [v_n + h(f(x))] name(c)",
    .params = coop_params,
    .input = ORR_DATA_IMAGES,
    .baseline = true,
    .prompt = &cocoop_kind};
const struct orr_method orr_prompt_deep_text = {.name = "deep-text",
                                                .summary = "fresh prompts at every layer of the text tower",
                                                .source = "after Jia et al. 2022 (deep prompts), text tower",
                                                .equations = "at layer l the prompts become P_l",
                                                .params = deep_params,
                                                .input = ORR_DATA_IMAGES,
                                                .baseline = true,
                                                .prompt = &deep_text_kind};
const struct orr_method orr_prompt_deep_vision = {.name = "deep-vision",
                                                  .summary = "fresh prompts at every layer of the image tower",
                                                  .source = "VPT-deep: Jia et al. 2022",
                                                  .equations = "at layer l the prompts become Q_l",
                                                  .params = deep_params,
                                                  .input = ORR_DATA_IMAGES,
                                                  .baseline = true,
                                                  .prompt = &deep_vision_kind};
const struct orr_method orr_prompt_independent = {.name = "independent",
                                                  .summary = "deep prompts of both towers, not coupled",
                                                  .source = "Rasheed et al. 2023; ablation of MaPLe",
                                                  .equations = "at layer l the prompts become P_l (text) and Q_l (image)",
                                                  .params = deep_params,
                                                  .input = ORR_DATA_IMAGES,
                                                  .baseline = true,
                                                  .prompt = &independent_kind};
const struct orr_method orr_prompt_maple = {.name = "maple",
                                            .summary = "deep prompts of both towers, the image's mapped from the text's",
                                            .source = "MaPLe: Khattak et al. 2023",
                                            .equations = "at layer l the prompts become P_l (text) and F_l(P_l) (image)",
                                            .params = maple_params,
                                            .input = ORR_DATA_IMAGES,
                                            .baseline = true,
                                            .prompt = &maple_kind};
const struct orr_method orr_method_prompt_modular = {
    .name = "prompt-modular",
    .summary = "prompts of both towers that layers add, remove and carry on",
    .source = "arXiv 2502.14125",
    .equations = "P^(l) = [P^(l-1) without its last n_rm ; P_l (n_add tokens)], image: the same with F_(l,i)(P_(l,i))",
    .params = modular_params,
    .input = ORR_DATA_IMAGES,
    .prompt = &modular_kind};
const struct orr_method orr_prompt_uniform = {.name = "uniform",
                                              .summary = "the same number of prompts, as keys, at every layer of both towers",
                                              .source = "ablation of arXiv 2501.00457",
                                              .equations = "x += Attn(LN(x), LN([x; E_l])), |E_l| = length",
                                              .params = uniform_params,
                                              .input = ORR_DATA_IMAGES,
                                              .baseline = true,
                                              .prompt = &uniform_kind};
const struct orr_method orr_prompt_random_layout = {.name = "random-layout",
                                                    .summary = "numbers of prompts drawn for each layer",
                                                    .source = "ablation of arXiv 2501.00457",
                                                    .equations = "x += Attn(LN(x), LN([x; E_l])), |E_l| ~ U{0..longest}",
                                                    .params = longest_params,
                                                    .input = ORR_DATA_IMAGES,
                                                    .baseline = true,
                                                    .prompt = &random_kind};
const struct orr_method orr_method_prompt_search = {
    .name = "prompt-search",
    .summary = "the number of prompts of each layer found by gradient, then trained afresh",
    .source = "arXiv 2501.00457",
    .equations = "x += sum_c softmax(alpha_l)_c Attn(LN(x), LN([x; E_(l,c)])); alpha by validation, E by training batches; "
                 "length_l = argmax_c alpha_(l,c)",
    .params = longest_params,
    .input = ORR_DATA_IMAGES,
    .prompt = &search_kind};
