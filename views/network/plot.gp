# States of a network's nodes: as they were, as forecast, and the error. Variables:
#   title_text          text
#   observed            time of the last observed point
#   low, high, most     range of the states, largest error
#   has_truth           0 or 1: without it there is nothing to compare with
# Data set: $cells time node state forecast error
text = kind eq 'dumb'
set tics out scale 0.4
set autoscale xfix; set autoscale yfix
set xlabel 'time'
set ylabel 'node'
set palette defined (0 '#0d0887', 0.35 '#9c179e', 0.7 '#ed7953', 1 '#f0f921')
if (text) {
    set title title_text noenhanced
    plot $cells using 1:4 with dots notitle
} else {
    set multiplot layout 1,(has_truth ? 3 : 1) title title_text noenhanced font ',16'
    set arrow 1 from observed, graph 0 to observed, graph 1 nohead lc rgb '#ffffff' lw 2 front
    set cbrange [low:high]
    if (has_truth) { set title 'states'; plot $cells using 1:2:3 with image notitle }
    set title 'forecast'; plot $cells using 1:2:4 with image notitle
    if (has_truth) {
        set cbrange [-most:most]
        set palette defined (-1 '#2166ac', 0 '#f7f7f7', 1 '#b2182b')
        set arrow 1 lc rgb '#404040'
        set title 'error'; plot $cells using 1:2:5 with image notitle
    }
    unset multiplot
}
