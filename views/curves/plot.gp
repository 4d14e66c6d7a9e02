# Curves over a common x axis. Data sets of $curves, one per curve: x, mean, low, high. Variables:
#   n, names[i]          curves and their names
#   title_text, x_label  texts
#   x0, x1, y0, y1       the window, and the range of what is in it (y > 0 on a log axis)
#   empty                1: no finite value to show
#   log_x, log_y         0 or 1
#   x_kind               0 number, 1 seconds since the start, 2 Unix time
#   bands                1: fill from low to high
# Okabe and Ito's colours, each with a dash of its own: prints and colour-blind eyes tell curves apart.
set linetype 1 lw 2 lc rgb '#56B4E9' dt 1
set linetype 2 lw 2 lc rgb '#E69F00' dt (24,5)
set linetype 3 lw 2 lc rgb '#009E73' dt (16,4,3,4)
set linetype 4 lw 2 lc rgb '#D55E00' dt (9,4)
set linetype 5 lw 2 lc rgb '#CC79A7' dt 1
set linetype 6 lw 2 lc rgb '#9A8F00' dt (24,5)
set linetype 7 lw 2 lc rgb '#0072B2' dt (16,4,3,4)
set linetype 8 lw 2 lc rgb '#303030' dt (9,4)
set linetype cycle 8
text = kind eq 'dumb'
shown = 24

set border 3
set tics nomirror out scale 0.6
if (!text) { set border 3 lw 1 lc rgb '#606060'; set tics textcolor rgb '#303030'; set grid xtics ytics lc rgb '#c8c8c8' lw 1 dt 1 }
if (strlen(title_text) && !text) { set title title_text noenhanced font ',18' textcolor rgb '#202020' }
if (strlen(title_text) && text) { set title title_text noenhanced }
set xlabel x_label noenhanced
set xrange [x0:x1]
set offsets 0, 0, graph 0.03, graph 0.03
if (log_x) { set logscale x; set format x '%g' }
if (log_y) { set logscale y; set format y '%g'; unset offsets; set yrange [y0/1.1:y1*1.1] }
if (empty) { set yrange [y0:y1] }
if (log_y && y1 < 200 * y0) { do for [e=-30:30] { set ytics add (2*10.**e, 5*10.**e) } }
if (x_kind == 0 && x1 >= 1e5 && x1 - x0 > 0.3 * x1) { set format x (x1 < 2e6 ? '%.0s%c' : '%.1s%c') }
if (x_kind == 1) { set xtics time; set format x (x1 - x0 > 600 ? '%tH:%tM' : '%tM:%tS') }
if (x_kind == 2) { set xtics time; set format x (x1 - x0 > 3 * 86400 ? "%b %d\n%Y" : "%H:%M\n%b %d") }

# The legend moves out where it would cover the curves.
set key noenhanced samplen 2.5 spacing 1.15 noautotitle
if (n > 5 || text) { set key outside right top vertical Left reverse maxrows 40 } else { set key inside right top Left reverse; set rmargin 5 }
if (!text) { set bmargin x_kind == 2 ? 5 : 4 }
if (n > 12 && !text) { set key font ',11' }
rest = n > shown ? sprintf('and %d more', n - shown) : ''

if (text) {
    plot for [i=1:n] $curves index i-1 using 1:2 with lines lt i title (i <= shown ? names[i] : '')
} else {
    plot for [i=1:(bands ? n : 0)] $curves index i-1 using 1:3:4 with filledcurves fs transparent solid 0.18 noborder \
             lt i notitle, \
         for [i=1:n] $curves index i-1 using 1:2 with lines lt i title (i <= shown ? names[i] : ''), \
         for [i=1:n] $curves index i-1 using 1:(real($singles[i]) == 1 ? $2 : NaN) with points lt i pt 7 ps 0.9 \
             notitle, \
         NaN with lines lc rgb '#ffffff' title rest
}
