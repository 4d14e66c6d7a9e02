# Recall at k by stage. Variables: title_text; names: array of the stages. Data: $recall k, then a column per stage.
text = kind eq 'dumb'
set border 3
set tics nomirror out scale 0.6
if (!text) { set border 3 lw 1 lc rgb '#606060'; set tics textcolor rgb '#303030'; set grid xtics ytics lc rgb '#c8c8c8' lw 1 dt 1 }
if (text) { set title title_text noenhanced } else { set title title_text noenhanced font ',18' textcolor rgb '#202020' }
set xlabel 'k' noenhanced
set ylabel 'questions whose table is among the first k (%)' noenhanced
set key noenhanced samplen 2.5 spacing 1.15 noautotitle bottom right Left reverse
set logscale x
set xrange [1:100]
set yrange [*:100]
array colours[3] = ['#0072B2', '#009E73', '#D55E00']
if (text) {
    plot for [i=1:|names|] $recall using 1:(column(i + 1)) with lines title names[i]
} else {
    plot for [i=1:|names|] $recall using 1:(column(i + 1)) with linespoints lw 2 pt 4 + 2 * i ps 0.6 pi 9 lc rgb colours[i] title names[i]
}
