# Loss and accuracy of a training run. Data: $batch_loss, $train_loss, $val_loss, $train_accuracy, $val_accuracy: epoch, value.
#   title_text       text
#   has_accuracy     0: regression
#   has_batches      1: losses of single batches were logged
text = kind eq 'dumb'
set border 3
set tics nomirror out scale 0.6
set key noenhanced samplen 2.5 spacing 1.15 noautotitle inside right top Left reverse
if (!text) { set border 3 lw 1 lc rgb '#606060'; set tics textcolor rgb '#303030'; set grid xtics ytics lc rgb '#c8c8c8' lw 1 dt 1 }
set xrange [0:*]
if (has_accuracy) {
    if (strlen(title_text)) { set multiplot layout 1,2 title title_text noenhanced } else { set multiplot layout 1,2 }
} else {
    if (strlen(title_text)) { set title title_text noenhanced }
}
set xlabel 'epoch'
set ylabel 'loss'
set yrange [0:*]
plot $batch_loss using 1:2 with lines lw 1 lc rgb '#b8c4cc' title (has_batches ? 'batches' : ''), \
     $train_loss using 1:2 with lines lw 2 lc rgb '#56B4E9' title 'training', \
     $val_loss using 1:2 with lines lw 2 lc rgb '#E69F00' dt (24,5) title 'validation'
if (has_accuracy) {
    set ylabel 'accuracy'
    set yrange [*:1]
    set key inside right bottom
    plot $train_accuracy using 1:2 with lines lw 2 lc rgb '#56B4E9' title 'training', \
         $val_accuracy using 1:2 with lines lw 2 lc rgb '#E69F00' dt (24,5) title 'validation'
    unset multiplot
}
