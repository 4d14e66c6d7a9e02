# Turns views/NAME/plot.gp files into one C table: orr_plot_templates[] = {{"NAME", "text"}, ..., {0}}.
BEGIN { print "#include \"plot/templates.h\"\nconst struct orr_plot_template orr_plot_templates[] = {" }
FNR == 1 { if (NR > 1) print "    },"; split(FILENAME, part, "/"); printf "    {\"%s\",\n", part[2] }
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "     \"%s\\n\"\n", $0 }
END { if (NR) print "    },"; print "    {0, 0},\n};" }
