#include "CMapsTesting.h"
