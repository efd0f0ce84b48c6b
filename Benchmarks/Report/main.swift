internal import Measuring

// Prints the figures that the benchmarks kept, and writes them as one JSON file.
let results = try Results.collect()
print(Report(results).text)
print("\nThe same as JSON: \(try results.write())")
