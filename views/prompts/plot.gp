# Weights of a search for the number of prompts, or the prompts of each layer. Variables:
#   title_text          text
#   searched            0 or 1: without a search there are no weights, and the tokens of each layer are drawn
#   longest             largest number of prompts that a layer may take
#   text_layers, image_layers
# Data sets: $text and $image: layer length weight; $ledger branch layer carried added
text = kind eq 'dumb'
set tics out scale 0.4
set palette defined (0 '#0d0887', 0.35 '#9c179e', 0.7 '#ed7953', 1 '#f0f921')
if (searched) {
    set xlabel 'prompts'
    set ylabel 'layer'
    set xtics 1; set ytics 1
    set xrange [-0.5:longest+0.5]
    set cbrange [0:1]
    if (text) {
        set title title_text noenhanced
        plot $text using 2:1 with dots notitle
    } else {
        set multiplot layout 1,2 title title_text noenhanced font ',16'
        set yrange [text_layers-0.5:-0.5]
        set title 'text tower: weight of each number of prompts'
        plot $text using 2:1:3 with image notitle, \
             $text using 2:1:(sprintf('%.2f',$3)) with labels textcolor rgb '#ffffff' notitle
        set yrange [image_layers-0.5:-0.5]
        set title 'image tower'
        plot $image using 2:1:3 with image notitle, \
             $image using 2:1:(sprintf('%.2f',$3)) with labels textcolor rgb '#ffffff' notitle
        unset multiplot
    }
} else {
    set style data histogram
    set style histogram rowstacked
    set style fill solid 0.9 noborder
    set boxwidth 0.8
    set yrange [0:*]
    set ylabel 'prompts'
    set xlabel 'layers of the text tower, then of the image tower'
    set title title_text noenhanced
    plot $ledger using 3:xtic(int($2)) title 'carried' lc rgb '#56b4e9', \
         $ledger using 4 title 'added' lc rgb '#e69f00'
}
