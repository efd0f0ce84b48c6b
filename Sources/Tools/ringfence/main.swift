import Commands

Ringfence.runToEnd()
