#include "app/tour.h"

#include <string.h>

static const struct orr_tour_step start[] = {
    {"Orrery keeps training runs in one file, the store, and everything else looks at that. This tour has a store of its own; "
     "yours is made by the first `orrery import FOLDER`. These runs are trained here and now, so that there is something to "
     "look at:",
     "lab train --data spirals --arch mlp:16:tanh --optim sgd --lr 1e-2 --batch 32 --epochs 40 --name slow", 5},
    {"Another one, with another optimiser.",
     "lab train --data spirals --arch mlp:16:tanh --optim adam --lr 1e-2 --batch 32 --epochs 40 --name quick", 4},
    {"All runs as a table. Columns are found by themselves: final metrics, and those settings in which runs differ.", "runs", 6},
    {"Any column can be asked for; min:, max:, last: name what of a series.",
     "runs --columns name,optim,min:val/loss,last:val/accuracy --sort min:val/loss", 6},
    {"A filter: terms side by side must all hold, numbers compare, ~ is a regular expression.", "runs 'optim=adam lr<0.1'", 6},
    {"One run with all that was recorded.", "show quick", 6},
    {"Curves, here in the terminal; --plot FILE.png, .svg or .pdf draws a figure for a paper.",
     "curve slow quick --series val/loss --height 16 --plot -", 7},
    {"What is different between two runs.", "diff slow quick", 6},
    {"Where does a curve go? Forecasts come with an interval, and with the command that makes them again.",
     "forecast curve slow/val/loss --observe 40% --plot -", 8},
    {"Everything is in SQL too.", "sql \"SELECT name, state, point_count FROM run\"", 5},
    {"And every verb gives JSON and CSV, for whatever comes after Orrery.", "runs --csv", 5},
    {"Now the workbench: `orrery open --example`. j and k move, Enter draws curves, / filters, s sorts, Space marks, Tab and the "
     "numbers go to other screens, : finds any command by its name, ? helps, q leaves. To bring your own runs: `orrery import "
     "FOLDER`; TensorBoard, W&B, MLflow, Lightning, Keras, YOLO, Hugging Face, Optuna, JSON lines and CSV are recognised.",
     NULL, 2},
    {0},
};
static const struct orr_tour start_tour = {
    .name = "start",
    .summary = "the first half hour: runs, curves, filters, forecasts, SQL",
    .steps = start,
    .figure = "curve slow quick --series val/loss --plot",
    .scratch = true,
};

static const struct orr_tour_step curves[] = {
    {"A learning curve is the loss of a run against its steps. This run of the example store (synthetic data) used "
     "Adam.",
     "curve adam --series train/loss --height 16 --plot -", 6},
    {"The noise hides how fast the loss still falls. A debiased exponential mean keeps the trend:\n"
     "    m(t) = w m(t-1) + (1 - w) y(t),   shown: m(t) / (1 - w^t)\n"
     "It is applied to every point before points are put into columns, so that what you see does not depend on the "
     "width of "
     "your screen. Here w = 0.95.",
     "curve adam --series train/loss --smooth 0.95 --height 16 --plot -", 8},
    {"Losses often fall like a power of the step. On two log axes a power law is a straight line, and where it bends, "
     "something changes: here the curve nears its floor.",
     "curve adam --series train/loss --smooth 0.95 --log-x --log-y --height 16 --plot -", 7},
    {"Four optimizers on the same task. Each curve has its own mark, so that no colour is needed to tell them apart.",
     "curve adam rmsprop momentum sgd --series val/loss --log-y --height 18 --plot -", 7},
    {"20,000 steps in a hundred columns: each column shows the range from its smallest to its largest value. An "
     "average would "
     "have hidden the spikes.",
     "curve long --series loss --log-y --height 16 --plot -", 6},
    {"The same as numbers, for other programs: --json and --csv have every digit.", "curve long --series loss --bins 5",
     6},
    {"One seed is an anecdote. Group runs by a configuration key and see the mean and a band of one standard deviation "
     "over "
     "the runs of each group. These runs are real: networks that Orrery's lab trained on handwritten digits, five "
     "seeds each.",
     "curve --filter 'group~^seeds' --series val/accuracy --group-by optim --from 1 --height 18 --plot -", 8},
    {"The same groups as a table: counts and means.",
     "runs 'group~^seeds' --group-by optim --columns min:val/loss,last:val/accuracy --sort min:val/loss", 7},
    {"A run that diverged, also a real one: the learning rate is too high, the loss of every batch grows by orders of "
     "magnitude "
     "until it is no number any more, and the run is marked.",
     "curve diverged --series batch/loss --log-y --height 14 --plot -", 6},
    {"Filters find such runs. Terms side by side must all hold.",
     "runs 'state=diverged data=diabetes' --columns id,name,state,lr,max:batch/loss", 6},
    {"What is different between a good run and a bad one? Rows that are equal for both are left out.",
     "diff 'weights mlp adam' 'weights mlp sgd'", 7},
    {"Everything is in one SQLite file. Every point is a row of the view `point`.",
     "sql \"SELECT name, count(*) AS points FROM run JOIN point ON run_id = run.id GROUP BY run.id ORDER BY points "
     "DESC LIMIT 5\"",
     6},
    {"That was the tour. `orrery open --example` opens the workbench on the same runs; / filters, Enter draws curves, "
     "? "
     "helps.",
     NULL, 2},
    {0},
};
static const struct orr_tour curves_tour = {
    .name = "curves",
    .summary = "look at learning curves: smoothing, log axes, seeds, filters",
    .steps = curves,
    .figure = "curve adam rmsprop momentum sgd --series val/loss --log-y --plot",
};

static const struct orr_tour_step extrapolation[] = {
    {"A network has trained for 20 of 100 epochs. Is it worth going on? A forecast carries its learning curve on. "
     "These runs are "
     "real: small convolutional cells that Orrery's lab trained on images of clothes. The simplest answer is the last "
     "value, "
     "for ever; the interval is that of a random walk:",
     "forecast curve example-cell-15/val/loss --observe 20% --method last --plot -", 7},
    {"Losses often fall like a power of time: y = c + a x^-b. Least squares on what was seen, here with a vertical "
     "line at its "
     "end; the interval knows of the noise around this curve alone.",
     "forecast curve example-cell-15/val/loss --observe 20% --method pow3 --plot -", 7},
    {"Seven families of curves (power laws, exponentials, inverse logarithm, growth curves), each weighted by its "
     "evidence "
     "exp(-BIC / 2).",
     "forecast curve example-cell-15/val/loss --observe 20% --method power --plot -", 7},
    {"A network that has seen how other curves went on. curve-ode reads the points with a recurrent network and the "
     "architecture with a graph network, and integrates\n"
     "    dz/d ln t = f(z, g)\n"
     "from the last point to the end. In the logarithm of time power laws are exponentials, so that one field serves "
     "curves of "
     "any length. It was not trained on this run, and its intervals were calibrated on curves held back.",
     "forecast curve example-cell-15/val/loss --observe 20% --plot -", 8},
    {"Less is seen, the fan is wider.", "forecast curve example-cell-15/val/loss --observe 8% --plot -", 6},
    {"Many runs at once, a millisecond each: which of them deserve their remaining 80 epochs? Compare the columns "
     "forecast and "
     "actual.",
     "forecast curve example-cell-3/val/loss example-cell-4/val/loss example-cell-6/val/loss example-cell-12/val/loss "
     "example-cell-15/val/loss example-cell-20/val/loss --observe 20%",
     8},
    {"Any log will do, also from a pipe, and also without an architecture: this one is a synthetic curve of 20,000 "
     "steps.",
     "forecast curve long/loss --observe 20% --plot -", 7},
    {"`orrery eval curve` compares all methods on runs that they have not seen. In `orrery open --example`, press f on "
     "any "
     "curve, h and l to observe less or more, F to set another method beside.",
     NULL, 2},
    {0},
};
static const struct orr_tour extrapolation_tour = {
    .name = "curve",
    .summary = "carry learning curves on: power laws, a neural ODE, honest intervals",
    .steps = extrapolation,
    .methods = (const char *const[]){"curve-ode", "power", "pow3", NULL},
    .figure = "forecast curve example-cell-15/val/loss --observe 20% --plot",
};

static const struct orr_tour_step adoption[] = {
    {"A model is published and others build on it. This is how often, counted month by month (synthetic data: drawn "
     "from the "
     "model of the next step, so that we know the truth).",
     "curve synthetic-007 --series count --height 14 --plot -", 6},
    {"Wang, Song and Barabasi describe such counts by three numbers: fitness lambda, immediacy mu and longevity "
     "sigma:\n"
     "    c(t) = m (exp(lambda Phi((ln t - mu) / sigma)) - 1)\n"
     "Phi is the normal distribution function. The count saturates at the ultimate impact m (exp(lambda) - 1), and "
     "grows "
     "fastest around the impact time exp(mu). With all 24 months, the fit is close to the numbers the series was drawn "
     "with:",
     "runs name=synthetic-007 --columns name,count,true_lambda,true_mu,true_sigma", 8},
    {"Here is that fit, and the forecast for a year ahead. Bayes: the posterior of a reinforced Poisson process, with "
     "a prior "
     "learned from other series.",
     "forecast adoption synthetic-007 --ahead 12 --method bayes", 8},
    {"Now we only look at the first 6 months and ask for month 24, when the count will be 1,929. The interval is wide: "
     "six "
     "months say little about what comes, and it says so.",
     "forecast adoption synthetic-007 --observe 6 --ahead 18 --method bayes", 8},
    {"Least squares on the same six points. It fits them as well, but its interval only knows of the noise around one "
     "curve, "
     "not of all the other curves that fit: it is far too narrow, and misses.",
     "forecast adoption synthetic-007 --observe 6 --ahead 18 --method least-squares", 8},
    {"A logistic curve, the textbook's answer, saturates too early.",
     "forecast adoption synthetic-007 --observe 6 --ahead 18 --method logistic", 6},
    {"The blend shrinks the forecast towards recent growth, with weights learned on other series.",
     "forecast adoption synthetic-007 --observe 6 --ahead 18 --method blend", 6},
    {"With a year observed, the interval has become narrower.",
     "forecast adoption synthetic-007 --observe 12 --ahead 12 --method bayes", 6},
    {"One series proves nothing. `orrery eval adoption` compares all methods on hundreds of series that they have not "
     "seen, "
     "with intervals; the Adoption screen of `orrery open --example` lets you move the parameters by hand.",
     NULL, 2},
    {0},
};
static const struct orr_tour adoption_tour = {
    .name = "adoption",
    .summary = "forecast how often a model will be adopted, honestly",
    .steps = adoption,
    .methods = (const char *const[]){"adoption", NULL},
    .figure = "export adoption synthetic-007 --observe 6 --ahead 18 --method bayes --out",
};

static const struct orr_tour_step training[] = {
    {"This tour trains real networks, here and now, in C. The data are two spirals of points, drawn with a fixed "
     "seed: no file is needed. A linear model cannot part them:",
     "lab train --data spirals --arch logistic --optim adam --lr 1e-2 --batch 32 --epochs 60 --name linear", 6},
    {"Two hidden layers can. The same data, the same optimiser:",
     "lab train --data spirals --arch mlp:32-32:tanh --optim adam --lr 1e-2 --batch 32 --epochs 60 --name adam", 6},
    {"Everything that was measured is in the store, as if the logs had been imported. Validation accuracy against the "
     "epoch:",
     "curve linear adam --series val/accuracy --height 14 --plot -", 7},
    {"Does the optimiser matter? Plain gradient descent with the same learning rate:",
     "lab train --data spirals --arch mlp:32-32:tanh --optim sgd --lr 1e-2 --batch 32 --epochs 60 --name sgd", 4},
    {"And momentum, with five times the rate:",
     "lab train --data spirals --arch mlp:32-32:tanh --optim momentum --lr 5e-2 --batch 32 --epochs 60 --name momentum",
     4},
    {"Their losses side by side.", "curve adam sgd momentum --series val/loss --log-y --height 16 --plot -", 8},
    {"The norm of all weights tells another story: solutions that fit lie further from the origin.",
     "curve adam sgd momentum --series weight_norm --height 14 --plot -", 6},
    {"In two dimensions the paths themselves can be seen. Rosenbrock's valley (1960): f = (1 - x)^2 + 100 (y - x^2)^2. "
     "It is easy to find and slow to follow. The optimisers are those that just trained the network; a + marks the "
     "minimum. Half-way and at the end:",
     "lab race rosenbrock --steps 400 --frames 2 --height 18", 8},
    {"At a saddle the gradient vanishes although no minimum is near. "
     "Optimisers that scale by the gradient's size leave it first.",
     "lab race saddle --steps 80 --frames 2 --height 14", 8},
    {"That was the tour. In `orrery open`, `:open lab` shows the Lab: choose a recipe, watch losses and norms live, "
     "change the "
     "learning rate while it trains, fork the run; o lets the optimisers race.",
     NULL, 2},
    {0},
};
static const struct orr_tour training_tour = {
    .name = "training",
    .summary = "train real networks, compare optimisers, watch them race",
    .steps = training,
    .figure = "curve adam sgd momentum --series val/loss --log-y --plot",
    .scratch = true,
};

static const struct orr_tour_step flow[] = {
    {"A network in training is a point that moves through the space of its weights. This tour trains a small one on "
     "two spirals, "
     "here and now, and keeps a snapshot of every weight after each epoch:",
     "lab train --data spirals --arch mlp:32-32:tanh --optim adam --lr 3e-3 --batch 32 --epochs 40 --weights "
     "every:epoch --name tiny",
     5},
    {"Now we only look at the first fifth, and ask where the weights will be at the end. Gradient flow matching (arXiv "
     "2505.20221) "
     "reads training as a flow\n"
     "    dw/dt = v(w, t),   fitted by   min E || v(w(t), t, c) - m (w_(i+1) - w_i) ||^2\n"
     "on other runs: one small field for all weights, given what was seen of a weight (c), integrated from now to the "
     "end. Four "
     "weights, drawn at random; to the right of the line, dashed: the forecast, with its 90% interval; dotted: what "
     "came.",
     "forecast weights tiny --observe 20% --method flow --plot trajectories --height 20", 9},
    {"All weights at once cannot be drawn, but their path can be laid into the plane that holds most of it: its two "
     "principal "
     "directions. The arrows are the field itself, seen in that plane, each at the time when the forecast comes "
     "nearest to it.",
     "forecast weights tiny --observe 20% --method flow --plot plane --height 22", 9},
    {"The field knows no gradient and no data: it has only seen how the weights of other runs moved. Is it better than "
     "standing "
     "still (persistence), than going straight on (linear, dmd), than farcasting (arXiv 2505.02714), which maps the "
     "first and the "
     "last observed weight to the future? The mean absolute error over all weights, step by step:",
     "forecast weights tiny --observe 20% --method flow --overlay --plot error --height 18", 9},
    {"Tensor by tensor, as numbers. half_width is that of the 90% interval, mae and rmse compare with what came.",
     "forecast weights tiny --observe 20% --method flow", 7},
    {"How the weights are distributed: now, as forecast, and as it came.",
     "forecast weights tiny --observe 20% --method flow --plot histogram --height 18", 7},
    {"With twice as much observed, there is less to guess.",
     "forecast weights tiny --observe 40% --method flow --overlay --plot error --height 16", 7},
    {"The field can also go where nobody has been: the whole run is observed, and the forecast is of twice its length.",
     "forecast weights tiny --method flow --to 80 --plot plane --height 18", 7},
    {"One run proves nothing. `orrery eval weights` compares flow, farcast and ten baselines on hundreds of runs that "
     "they have not "
     "seen, with paired intervals. In `orrery open`, `:open weights` shows the same live: h and l observe less or "
     "more, m changes the method, "
     "o lays the others over it, Tab goes through the charts.",
     NULL, 2},
    {0},
};
static const struct orr_tour flow_tour = {
    .name = "flow",
    .summary = "forecast where the weights of a network in training will be",
    .steps = flow,
    .methods = (const char *const[]){"flow", NULL},
    .figure = "export weights tiny --observe 20% --method flow --chart plane --out",
    .scratch = true,
};

static const struct orr_tour_step farcast[] = {
    {"How little does it take to forecast weights? Farcasting (\"Less is More\", arXiv 2505.02714) looks at two values of "
     "a weight, the first and the last that were observed, and maps them to its future by numbers that all weights share; "
     "Orrery's form adds the value half-way. First a network to forecast, trained here and now, with a snapshot of every weight after each epoch:",
     "lab train --data spirals --arch mlp:32-32:tanh --optim adam --lr 3e-3 --batch 32 --epochs 40 --weights "
     "every:epoch --name tiny", 6},
    {"A fifth of the training is seen. Standing still is the first thing to beat:",
     "forecast weights tiny --observe 20% --method persistence", 6},
    {"For every step j ahead the published form has three numbers, fitted on other runs with the smallest absolute error:\n"
     "    w(j) = a_j w_0 + c_j w_n + b_j\n"
     "so that a forecast costs a handful of multiplications a weight, whatever the size of the network:",
     "forecast weights tiny --observe 20% --method farcast", 7},
    {"Four weights, drawn at random; to the right of the line the forecast with its 90% interval, dotted what came.",
     "forecast weights tiny --observe 20% --method farcast --plot trajectories --height 20", 8},
    {"The error against the step, beside the other methods. A field that is integrated (flow) may follow bends that two "
     "points do not show; near the end of training there are few.",
     "forecast weights tiny --observe 20% --method farcast --overlay --plot error --height 18", 8},
    {"The same two points from later in training: the closer the end, the less there is to forecast.",
     "forecast weights tiny --observe 40% --method farcast --overlay --plot error --height 16", 7},
    {"`orrery eval weights` compares all methods on hundreds of runs that they have not seen, and says what the published "
     "regulariser (updates must shrink along the forecast) brings, or does not.",
     NULL, 2},
    {0},
};
static const struct orr_tour farcast_tour = {
    .name = "farcast",
    .summary = "forecast weights from a few of their values",
    .steps = farcast,
    .methods = (const char *const[]){"farcast", NULL},
    .figure = "export weights tiny --observe 20% --method farcast --chart trajectories --out",
    .scratch = true,
};

static const struct orr_tour_step search[] = {
    {"A corpus is a collection of tables. The example store has one of facts (written for Orrery), with questions, and "
     "one of its own runs.",
     "corpus list", 5},
    {"A question finds the table that answers it. The first stage is a sparse index with BM25F: each field of a table "
     "has a weight of "
     "its own, and a word counts more the fewer tables have it:\n"
     "    score = sum over words of idf x / (k1 + x),   x = sum over fields of w tf / (1 - b + b len / mean len)",
     "search facts 'who was lunar module pilot of Apollo 12' -k 4 --stage sparse", 8},
    {"The second look compares question and table closely: which words the best row holds, whether a heading is named, "
     "whether words "
     "stand side by side. The weights were learned on questions about other tables.",
     "search facts 'who was lunar module pilot of Apollo 12' -k 4", 7},
    {"Two tables of a kind: \"summer\" is only in one of them.",
     "search facts 'where were the olympic games of 2004 in summer' -k 3", 6},
    {"Answers are read from the rows that hold most of the question: a cell, ...",
     "answer facts 'in which range is the mountain K2'", 6},
    {"... an extreme, ...", "answer facts 'which planet has the largest diameter'", 5},
    {"... or a calculation. A language model of yours can read instead: --reader-cmd.",
     "answer facts 'difference in height between Lhotse and Makalu'", 6},
    {"Words can be made rules: a field by its name, + must occur, - must not.",
     "search facts 'title:olympic -summer japan' -k 3", 6},
    {"The runs of a store are tables too.", "search runs 'mlp on digits trained with adam' -k 4", 7},
    {"That was the tour. `orrery eval tables` measures every stage, and SQLite's own full-text search beside them, on "
     "the questions of "
     "this corpus; with --real DIR on thousands of tables of Wikipedia. `orrery open --example`, then Search: tables "
     "show while you type, n takes the next question, x shows what a score "
     "is made of.",
     NULL, 2},
    {0},
};
static const struct orr_tour search_tour = {
    .name = "search",
    .summary = "find the table that answers a question, stage by stage",
    .steps = search,
    .methods = (const char *const[]){"tables", NULL},
    .figure = "export search facts --out",
};

static const struct orr_tour_step network[] = {
    {"Genes that regulate each other, sick people who meet, species that compete: nodes whose states act on one "
     "another along edges that "
     "nobody has seen. This network is synthetic, so that we know the truth: 24 genes, and\n"
     "    dx_i/dt = -x_i + sum_j A_ij x_j^2 / (1 + x_j^2)\n"
     "We look at the first 25 of 200 points in time and say that nothing moves any more (persistence). The last column "
     "is how far off "
     "that is on average.",
     "forecast network --synthetic gene/ba --observe 25 --method persistence", 8},
    {"Each node's own past, carried on: autoregression.",
     "forecast network --synthetic gene/ba --observe 25 --method ar", 6},
    {"One linear map of all nodes together. Without any noise, 25 exact points say nearly everything.",
     "forecast network --synthetic gene/ba --observe 25 --method var", 7},
    {"If the equations are known, edges can be estimated: for each node the sparsest ones that explain its 25 points "
     "(Prasse and Van "
     "Mieghem 2022). They are seldom the true ones (the AUC would be 1, and 0.5 is guessing), and forecast very well "
     "all the same.",
     "forecast network --synthetic gene/ba --observe 25 --method svd-lasso", 8},
    {"netdyn (arXiv 2412.18734) knows neither edges nor equations. It reads each window into a latent state h_i, "
     "guesses how much j "
     "means to i, and solves\n"
     "    dz_i/dt = f(z_i) + sum_j e_ij g(z_i, z_j),   e_ij = MLP([h_i, h_j]) / n\n"
     "It has learned from other synthetic networks, of seven dynamics on four kinds of graphs.",
     "forecast network --synthetic gene/ba --observe 25 --method netdyn", 9},
    {"Has it seen the edges through the window? Hardly: the AUC of its latent edges is not far from a guess. What it "
     "has learned is how "
     "far a node that has moved like this still goes; the evaluation says so too, where an ablation without pairs is "
     "close behind.",
     NULL, 5},
    {"netdyn-law, ours, was not told the equation either. It knows a library of couplings, has learned from other "
     "networks which fit and "
     "how their coefficients vary, finds the likeliest for this window, and then has each node's coefficients and "
     "edges in closed form:\n"
     "    e_i = mean + covariance alpha,   alpha = M^-1 (dx_i/dt - what the means say)",
     "forecast network --synthetic gene/ba --observe 25 --method netdyn-law", 9},
    {"Measurements are noisy. With 5% noise on the states, the linear map is worth nothing:",
     "forecast network --synthetic gene/ba --noise 0.05 --observe 25 --method var", 6},
    {"With 5% noise on the states, the estimated edges are worth much less too, although the equations are still "
     "known:",
     "forecast network --synthetic gene/ba --noise 0.05 --observe 25 --method svd-lasso", 7},
    {"netdyn-law takes the noise off first and knows how much to trust what is left:",
     "forecast network --synthetic gene/ba --noise 0.05 --observe 25 --method netdyn-law", 8},
    {"An epidemic instead, on a ring with shortcuts. The same file of laws, not told what it looks at:",
     "forecast network --synthetic sis/ws --observe 25 --method netdyn-law", 8},
    {"One network proves nothing. `orrery eval network` compares twelve on thousands, in and out of distribution, "
     "with paired "
     "intervals. In `orrery open`, `:open network` shows states, forecast and error as heat maps and the inferred "
     "graph beside the true "
     "one: + and - change the noise, Space lets time run, d and t change the network.",
     NULL, 2},
    {0},
};
static const struct orr_tour network_tour = {
    .name = "network",
    .summary = "forecast a network's nodes without knowing its edges",
    .steps = network,
    .methods = (const char *const[]){"netdyn", "netdyn-law", NULL},
    .figure = "export network --synthetic gene/ba --observe 25 --method netdyn-law --out",
    .scratch = true,
};

static const struct orr_tour_step select_steps[] = {
    {"Which of these does a text mean? A language model could write an answer token by token, and somebody would have to find it "
     "among the candidates. Or it reads the text once, and every candidate is scored from the logits of that one pass. The "
     "model that ships with Orrery is small and was trained by Orrery itself, on WordNet: it expects a definition and a colon.",
     "lm show", 7},
    {"Five candidates, one pass, eight estimators side by side. c_1..c_K are a candidate's tokens, l the logits:\n"
     "    first l(c_1),   average 1/K sum l(c_k),   log_sum sum log softmax(l)(c_k), ...",
     "select '=tiger,house cat,wolf,oak,hammer' 'large feline of forests in most of Asia having a tawny coat with black stripes:' "
     "-k 5",
     8},
    {"The honest yardstick is the likelihood of every whole candidate. It takes many passes; beginnings that candidates share "
     "are read once. pmi takes off what the model expects anyway.",
     "select '=tiger,house cat,wolf,oak,hammer' 'a hand tool with a heavy rigid head and a handle; used to deliver an impulsive "
     "force by striking:' -k 3 --exact",
     8},
    {"Ten thousand candidates: a pool of the store, kept with its tokens. The pass takes as long as before, and all scores of "
     "all estimators together a millisecond or two.",
     "select words 'a genus of flowering plants:' -k 6", 7},
    {"Decoding instead: freely, then confined to what begins a candidate, greedily and with a beam.",
     "select words 'the act of measuring something:' -k 4 --decode", 7},
    {"Any model of the LLaMA or GPT-2 family can be asked (--model FOLDER), any list of texts is a pool (orrery pool add), "
     "and logits that another program dumped will do (--logits).",
     "pool list", 5},
    {"How often is the first candidate right, and when it says 90%, is it? `orrery eval select` asks definitions that the model "
     "never saw, with pools of 5 to 148,730 words. No estimator wins everywhere: which one is best changes with the pool, with "
     "the length of the candidates, and with the model; a search for the definition's words among other senses of each "
     "candidate is hard to beat here. In `orrery open`, `:open select` ranks while you type.",
     NULL, 3},
    {0},
};
static const struct orr_tour select_tour = {
    .name = "select",
    .summary = "choose among candidates from one pass of a language model",
    .steps = select_steps,
    .methods = (const char *const[]){"select", NULL},
    .figure = "export select --questions 40 --out",
};

static const struct orr_tour_step prompt[] = {
    {"An encoder of images and one of texts that agree: a picture is named by the text whose feature lies nearest. "
     "Ours is "
     "small and was trained on drawn scenes (synthetic). Here are tasks in styles that it never saw.",
     "prompt tasks", 6},
    {"Prompts are tokens that are no words. They are put into the layers of both towers and learned from 16 pictures "
     "per class, "
     "while the encoder stays as it is. Half of the classes are learned (base), the others never shown (new); the "
     "first row is the "
     "encoder alone. MaPLe replaces the prompts at every layer and maps those of the text tower to the image tower. "
     "Modular prompts "
     "(arXiv 2502.14125) keep what they have: each layer removes one and adds two, the rest is carried on, and each "
     "token has a map "
     "of its own:\n"
     "    P^(l) = [P^(l-1) without its last ; P_l],   image: F_(l,i)(P_(l,i))",
     "prompt train litter", 10},
    {"How many prompts does a layer need? Differentiable prompt learning (arXiv 2501.00457) mixes all numbers from 0 "
     "to 4 at each "
     "layer,\n"
     "    x += sum_c softmax(alpha_l)_c Attn(LN(x), LN([x; E_(l,c)]))\n"
     "half of the pictures moves the prompts, the other half alpha. Look at the margins: near 0, noise decided. The "
     "likeliest "
     "numbers are then learned afresh; --with prompt-modular hands them to another method.",
     "prompt search litter", 9},
    {"One task and one seed prove nothing. `orrery eval prompt` compares twenty arms on all tasks with ten seeds and "
     "paired "
     "intervals, the best single number of prompts for all layers among them. In `orrery open`, `:open prompts` shows "
     "the weights of "
     "a search as they form, the ledger of tokens, scores by seed, the nearest words and where the encoder looks.",
     NULL, 2},
    {0},
};
static const struct orr_tour prompt_tour = {
    .name = "prompt",
    .summary = "learn prompts for a dual encoder, and how many each layer needs",
    .steps = prompt,
    .methods = (const char *const[]){"prompt-modular", "prompt-search", NULL},
    .figure = "prompt search litter --plot",
    .scratch = true,
};

const struct orr_tour *const orr_tours[] = {
    &start_tour, &curves_tour, &extrapolation_tour, &adoption_tour, &training_tour, &flow_tour,
    &farcast_tour, &search_tour, &select_tour, &network_tour, &prompt_tour, &orr_tour_detect, NULL,
};

const struct orr_tour *orr_tour_find(const char *name)
{
    for (const struct orr_tour *const *t = orr_tours; *t; t++)
        if (strcmp((*t)->name, name) == 0) return *t;
    return NULL;
}
