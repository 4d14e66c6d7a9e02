# A page about a method, to print: lines of text above, a picture below. Variables:
#   lines     texts, one per line
#   fonts     their fonts ("Sans,8")
#   heights   their heights, as texts, in lines
#   total     the sum of the heights
#   figure    a PNG file; empty: none
set margins 0, 0, 0, 0
unset border
unset tics
unset key
set multiplot
top = 0.955
bottom = figure eq '' ? 0.05 : 0.36
step = (top - bottom) / total
if (step > 0.0135) { step = 0.0135 }
y = top
do for [i = 1:|lines|] {
    y = y - step * real(heights[i])
    set label i lines[i] at screen 0.075, screen y font fonts[i] noenhanced
}
set xrange [0:1]
set yrange [0:1]
plot NaN notitle
if (figure ne '') {
    unset label
    set autoscale
    set size ratio -1
    set lmargin at screen 0.07
    set rmargin at screen 0.93
    set tmargin at screen y - 0.015
    set bmargin at screen (y - 0.015 - 0.86 * (7.0 / 12.0) * 8.27 / 11.69 > 0.03 ? y - 0.015 - 0.86 * (7.0 / 12.0) * 8.27 / 11.69 : 0.03)
    plot figure binary filetype=png with rgbimage
}
unset multiplot
