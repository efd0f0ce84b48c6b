#include "CChannel.h"
