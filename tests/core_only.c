/* Links the base, the numeric core and the methods with nothing but their own libraries: no SQLite, no curses. */
#include <orrery/error.h>

int main(void) { return orr_status_name(ORR_OK) == 0; }
