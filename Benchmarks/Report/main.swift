internal import Measuring
print(Summary([1])!)
