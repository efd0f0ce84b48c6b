import Glibc
import NativeTesting

// native-fuzz [--programs N] [--seed S]
//
// Random programs, compiled in a guest and interpreted, with the reference machine as the third opinion. Needs /dev/kvm.

var programs = 100_000
var seed: UInt64 = 1
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--programs": programs = arguments.popFirst().flatMap { Int($0) } ?? programs
    case "--seed": seed = arguments.popFirst().flatMap { UInt64($0) } ?? seed
    default:
        print("usage: native-fuzz [--programs N] [--seed S]")
        exit(2)
    }
}

func report(_ counts: Differential.Counts, seed: UInt64) {
    let faults = counts.faults.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
    print(
        "seed \(seed): \(counts.programs) programs, \(counts.instructions) instructions, \(counts.operations.count)",
        "operations; returned \(counts.returned), blinded \(counts.blinded), \(faults)")
    fflush(nil)
}

do {
    var differential = try Differential(seed: seed)
    var next = 100_000
    while differential.counts.programs < programs {
        try differential.step()
        if differential.counts.programs >= next {
            report(differential.counts, seed: seed)
            next *= 2
        }
    }
    report(differential.counts, seed: seed)
} catch {
    print("\(error)")
    exit(1)
}
