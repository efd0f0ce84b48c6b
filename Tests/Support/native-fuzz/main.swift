import Glibc
import NativeTesting

// native-fuzz [--programs N] [--seed S]
//
// Random programs, compiled in a guest and interpreted, with the reference machine as the third opinion. Needs /dev/kvm.
// Exits with 1 and the program where engines differ; the same seed makes the same programs again.

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

/// A long run is watched through a file or a pipe, so every line is out at once.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

/// Interrupts the guest every second: one that does not come back is then found and reported, whatever keeps it.
func interruptEverySecond() {
    signal(SIGALRM) { _ in }
    var timer = itimerval(it_interval: timeval(tv_sec: 1, tv_usec: 0), it_value: timeval(tv_sec: 1, tv_usec: 0))
    setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
}

let started = ContinuousClock.now

@MainActor func report(_ counts: Differential.Counts) {
    let seconds = Int((ContinuousClock.now - started).components.seconds)
    let faults = counts.faults.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
    say(
        "seed \(seed): \(counts.programs) programs in \(seconds) s, \(counts.instructions) instructions, "
            + "\(counts.operations.count) operations; returned \(counts.returned), blinded \(counts.blinded), \(faults)"
    )
}

interruptEverySecond()
do {
    var differential = try Differential(seed: seed)
    var next = started + .seconds(10)
    while differential.counts.programs < programs {
        try differential.step()
        guard ContinuousClock.now >= next else { continue }
        report(differential.counts)
        // Twice as long each time, up to a minute.
        next = ContinuousClock.now + min(.seconds(60), ContinuousClock.now - started)
    }
    report(differential.counts)
    say("seed \(seed): no difference")
} catch {
    say("seed \(seed): \(error)")
    exit(1)
}
