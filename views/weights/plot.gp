# Weight forecasts: one of four charts. Variables:
#   chart                     'trajectories', 'plane', 'histogram', 'error'
#   title_text, x_label, y_label   texts
#   n_methods, names[i]       methods drawn, the chosen one first
#   n_lines                   trajectories
#   now                       the last observed step
#   has_field, has_forecast, has_truth   0 or 1
#   x0, x1, y0, y1            the plane's window
# Data sets: $observed and $truth x y, one index per trajectory (plane: one); $forecast x mean low high, an index per method
# and trajectory (plane: per method; histogram: x now forecast true; error: x mae rmse per method); $field x y u v.
array colour[8]
colour[1] = '#E69F00'; colour[2] = '#0072B2'; colour[3] = '#009E73'; colour[4] = '#CC79A7'
colour[5] = '#56B4E9'; colour[6] = '#D55E00'; colour[7] = '#9A8F00'; colour[8] = '#303030'
set linetype 1 lw 2.5 lc rgb colour[1] dt (9,4)
set linetype 2 lw 1.5 lc rgb colour[2] dt (16,4,3,4)
set linetype 3 lw 1.5 lc rgb colour[3] dt (3,3)
set linetype 4 lw 1.5 lc rgb colour[4] dt (24,5)
set linetype 5 lw 1.5 lc rgb colour[5] dt (9,4,3,4)
set linetype 6 lw 1.5 lc rgb colour[6] dt (5,2)
set linetype 7 lw 1.5 lc rgb colour[7] dt (16,4)
set linetype 8 lw 1.5 lc rgb colour[8] dt (2,4)
set linetype cycle 8
# Also asked in empty iterations.
name(m) = m <= n_methods ? names[m] : ''
text = kind eq 'dumb'
set border 3
set tics nomirror out scale 0.6
if (!text) { set border 3 lw 1 lc rgb '#606060'; set tics textcolor rgb '#303030'; set grid xtics ytics lc rgb '#d0d0d0' lw 1 dt 1 }
if (text) { set title title_text noenhanced } else { set title title_text noenhanced font ',18' textcolor rgb '#202020' }
set xlabel x_label noenhanced
set ylabel y_label noenhanced
set key noenhanced samplen 3 spacing 1.15 noautotitle outside right top vertical Left reverse
if (!text) { set bmargin 4 }

if (chart eq 'trajectories') {
    set offsets 0, 0, graph 0.04, graph 0.04
    if (!text) { set arrow from first now, graph 0 to first now, graph 1 nohead lc rgb '#909090' lw 1 dt (2,3) }
    plot for [l=1:(has_forecast && !text ? n_lines : 0)] $forecast index l-1 using 1:3:4 with filledcurves fs transparent \
             solid 0.18 noborder lc rgb colour[1] title (l == 1 ? '90% interval' : ''), \
         for [l=1:n_lines] $truth index l-1 using 1:2 with lines lw 1.5 dt (3,3) lc rgb '#606060' title (l == 1 && has_truth ? 'what came' : ''), \
         for [l=1:n_lines] $observed index l-1 using 1:2 with linespoints lw 2 dt 1 lc rgb '#202020' pt 7 ps 0.6 title (l == 1 ? 'observed' : ''), \
         for [m=2:n_methods] for [l=1:n_lines] $forecast index (m-1)*n_lines+l-1 using 1:2 with lines lt m title (l == 1 ? name(m) : ''), \
         for [l=1:(has_forecast ? n_lines : 0)] $forecast index l-1 using 1:2 with lines lt 1 title (l == 1 ? name(1) : '')
}
if (chart eq 'plane') {
    set xrange [x0:x1]; set yrange [y0:y1]
    plot for [i=1:has_field] $field using 1:2:3:4 with vectors head filled size screen 0.007,20 lw 1.3 dt 1 lc rgb '#6FA3C4' title 'velocity field', \
         $truth using 1:2 with linespoints lw 1.5 dt (3,3) lc rgb '#606060' pt 6 ps 0.7 title (has_truth ? 'what came' : ''), \
         $observed using 1:2 with linespoints lw 2 dt 1 lc rgb '#202020' pt 7 ps 0.8 title 'observed', \
         for [m=2:n_methods] $forecast index m-1 using 1:2 with lines lt m title name(m), \
         for [m=1:(n_methods ? 1 : 0)] $forecast index 0 using 1:2 with linespoints lt 1 pt 5 ps 0.7 title name(1)
}
if (chart eq 'histogram') {
    set yrange [0:*]
    plot $forecast using 1:2 with steps lw 2 dt 1 lc rgb '#A0A0A0' title 'now', \
         for [m=1:(n_methods ? 1 : 0)] $forecast using 1:3 with steps lt 1 title 'forecast, '.name(1), \
         for [m=1:has_truth] $forecast using 1:4 with steps lw 1.5 dt (3,3) lc rgb '#202020' title 'what came'
}
if (chart eq 'error') {
    set yrange [0:*]
    plot for [m=2:n_methods] $forecast index m-1 using 1:2 with lines lt m title name(m), \
         $forecast index 0 using 1:2 with linespoints lt 1 pt 5 ps 0.7 title name(1)
}
