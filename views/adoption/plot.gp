# One adopted model, or all of them on one curve. Variables:
#   title_text, x_label      texts
#   collapse, log_y          0 or 1
#   has_fit, has_forecast, has_jumps   0 or 1; a data set that is not there has one row of NaN
# Data sets: $counts x y; $fit x y; $forecast x mean low high; $jumps x y; $phi x y. With collapse, $counts holds the
# rescaled points of all series.
text = kind eq 'dumb'
set border 3
set tics nomirror out scale 0.6
if (!text) { set border 3 lw 1 lc rgb '#606060'; set tics textcolor rgb '#303030'; set grid xtics ytics lc rgb '#c8c8c8' lw 1 dt 1 }
if (text) { set title title_text noenhanced } else { set title title_text noenhanced font ',18' textcolor rgb '#202020' }
set xlabel x_label noenhanced
set key noenhanced samplen 2.5 spacing 1.15 noautotitle top left Left reverse
set offsets 0, 0, graph 0.03, 0
if (log_y) { set logscale y; set format y '%g' }
if (collapse) {
    set xrange [-4:4]; set yrange [-0.1:1.1]
    plot $counts using 1:2 with points pt 7 ps 0.4 lc rgb '#56B4E9' title 'counts, rescaled', \
         $phi using 1:2 with lines lw 2 lc rgb '#D55E00' title 'Phi'
} else {
    if (!log_y) { set yrange [0:*] }
    if (text) {
        plot $counts using 1:2 with points title 'counts', \
             for [i=1:has_fit] $fit using 1:2 with lines title 'fit', \
             for [i=1:has_forecast] $forecast using 1:2 with lines title 'forecast'
    } else {
        plot for [i=1:has_forecast] $forecast using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb '#E69F00' title interval, \
             for [i=1:has_fit] $fit using 1:2 with lines lw 2 lc rgb '#009E73' title 'fit', \
             for [i=1:has_forecast] $forecast using 1:2 with lines lw 2 lc rgb '#E69F00' dt (9,4) title 'forecast', \
             $counts using 1:2 with points pt 7 ps 0.8 lc rgb '#0072B2' title 'counts', \
             for [i=1:has_jumps] $jumps using 1:2 with points pt 8 ps 1.8 lw 2 lc rgb '#D55E00' title 'jump'
    }
}
