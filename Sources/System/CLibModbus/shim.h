#include <modbus.h>

// Error numbers of libmodbus are macros over an enum, which Swift does not see.
static const int clibmodbus_bad_crc = EMBBADCRC;
static const int clibmodbus_bad_data = EMBBADDATA;
