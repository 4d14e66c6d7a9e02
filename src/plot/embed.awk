# Turns views/NAME/plot.gp files into one C table: orr_plot_templates[] = {{"NAME", "text"}, ..., {0}}.
# Characters are copied one by one: awks differ in what gsub makes of backslashes.
function quote(line,    i, c, out) {
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        out = out (c == "\\" || c == "\"" ? "\\" : "") c
    }
    return out
}
BEGIN { print "#include \"plot/templates.h\"\nconst struct orr_plot_template orr_plot_templates[] = {" }
FNR == 1 { if (NR > 1) print "    },"; split(FILENAME, part, "/"); printf "    {\"%s\",\n", part[2] }
{ print "     \"" quote($0) "\\n\"" }
END { if (NR) print "    },"; print "    {0, 0},\n};" }
