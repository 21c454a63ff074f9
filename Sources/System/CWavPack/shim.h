// libwavpack: lossless compression of samples.
#include <wavpack/wavpack.h>
