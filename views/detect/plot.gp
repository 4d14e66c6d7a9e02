# Scores of a detector. Variables:
#   chart                 'curves' or 'matrix'
#   title_text            text
#   n, names[i]           classes and, last, background
#   decimals              of the numbers in the matrix
#   map50, best, best_f1  mean average precision; the confidence where F1 is highest, and that F1
# Data sets: $envelope recall precision; $curves confidence precision recall f1; $cells truth predicted share value
text = kind eq 'dumb'
set border 3
set tics nomirror out scale 0.6
if (!text) { set border 3 lw 1 lc rgb '#606060'; set tics textcolor rgb '#303030' }
if (chart eq 'curves') {
    if (!text) { set grid xtics ytics lc rgb '#d0d0d0' lw 1 dt 1 }
    set xrange [0:1]; set yrange [0:1.02]
    set key bottom left Left reverse samplen 3 noenhanced
    if (text) {
        set title title_text noenhanced
        set xlabel 'recall'; set ylabel 'precision'
        plot $envelope using 1:2 with lines notitle
    } else {
        set multiplot layout 1,2 title title_text noenhanced font ',16'
        set xlabel 'recall'; set ylabel 'precision'
        set title 'mean over classes, IoU .5'
        plot $envelope using 1:2 with filledcurves y1=0 fs transparent solid 0.2 noborder lc rgb '#0072B2' notitle, \
             $envelope using 1:2 with lines lw 2.5 lc rgb '#0072B2' title sprintf('mAP50 %.3f', map50)
        set xlabel 'confidence'; set ylabel ''
        set title 'by confidence'
        set arrow 1 from best, graph 0 to best, graph 1 nohead lc rgb '#909090' lw 1 dt (2,3)
        plot $curves using 1:2 with lines lw 2 lc rgb '#0072B2' title 'precision', \
             $curves using 1:3 with lines lw 2 dt (9,4) lc rgb '#D55E00' title 'recall', \
             $curves using 1:4 with lines lw 3 lc rgb '#009E73' title sprintf('F1, highest %.3f at %.3f', best_f1, best)
        unset multiplot
    }
} else {
    set title title_text noenhanced
    set xrange [-0.5:n-0.5]; set yrange [n-0.5:-0.5]
    set cbrange [0:1]
    set xlabel 'true'; set ylabel 'predicted'
    set palette defined (0 '#ffffff', 0.5 '#7fb3d5', 1 '#08306b')
    set cblabel 'share of the true class'
    set tics scale 0
    if (text || n > 30) { unset xtics; unset ytics } else {
        set xtics rotate by 35 right noenhanced; set ytics noenhanced
        set for [i=1:n] xtics add (names[i] i-1)
        set for [i=1:n] ytics add (names[i] i-1)
    }
    number(x) = decimals > 0 ? sprintf('%.2f', x) : sprintf('%d', x)
    if (text || n > 30) {
        plot $cells using 1:2:3 with image notitle
    } else {
        plot $cells using 1:2:3 with image notitle, \
             $cells using 1:2:(number($4)):($3 > 0.5 ? 0xffffff : 0x202020) with labels textcolor rgb variable notitle
    }
}
