import Service

Ringfenced.runToEnd()
