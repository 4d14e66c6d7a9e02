# Accuracy by size of the pool, or (calibration 1) share of right answers by probability. Variables: title_text, calibration; names:
# array of the methods, "" leaves one out. Data: $curves size or probability, then a column per method in percent.
text = kind eq 'dumb'
set border 3
set tics nomirror out scale 0.6
if (!text) { set border 3 lw 1 lc rgb '#606060'; set tics textcolor rgb '#303030'; set grid xtics ytics lc rgb '#c8c8c8' lw 1 dt 1 }
if (text) { set title title_text noenhanced } else { set title title_text noenhanced font ',18' textcolor rgb '#202020' }
set key noenhanced samplen 2.5 spacing 1.15 noautotitle Left reverse
set yrange [0:100]
set datafile missing 'NaN'
array colours[8] = ['#0072B2', '#56B4E9', '#009E73', '#E69F00', '#000000', '#CC79A7', '#D55E00', '#909090']
array shown[|names|]
do for [i=1:|names|] { shown[i] = names[i] eq '' ? NaN : 1 }
if (calibration) {
    set xlabel 'probability of the first candidate' noenhanced
    set ylabel 'how often it is right (%)' noenhanced
    set key top left
    set xrange [0:1]
    if (text) {
        plot 100 * x with lines title 'as often as it says', for [i=1:|names|] $curves using 1:(shown[i] * column(i + 1)) with linespoints title names[i]
    } else {
        plot 100 * x with lines lw 1 dt 2 lc rgb '#606060' title 'as often as it says', for [i=1:|names|] $curves using 1:(shown[i] * column(i + 1)) with linespoints lw 2 pt 4 + i ps 0.8 lc rgb colours[i] title names[i]
    }
} else {
    set xlabel 'candidates in the pool' noenhanced
    set ylabel 'definitions whose word comes first (%)' noenhanced
    set key top right
    set logscale x
    set xrange [4:60000]
    if (text) {
        plot for [i=1:|names|] $curves using 1:(column(i + 1)) with linespoints title names[i]
    } else {
        plot for [i=1:|names|] $curves using 1:(column(i + 1)) with linespoints lw 2 pt 4 + i ps 0.8 lc rgb colours[i] title names[i]
    }
}
