import Glibc
import NativeTesting

// native-fuzz [--programs N] [--seed S] [--kernel]
//
// Random programs, compiled in a guest and interpreted, with the reference machine as the third opinion. Needs /dev/kvm.
// With --kernel: compiled in a guest, and run by the kernel where its verifier accepts them. Needs root as well.
// Exits with 1 and the program where engines differ; the same seed makes the same programs again.

var wanted = 100_000
var seed: UInt64 = 1
var asksKernel = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--programs": wanted = arguments.popFirst().flatMap { Int($0) } ?? wanted
    case "--seed": seed = arguments.popFirst().flatMap { UInt64($0) } ?? seed
    case "--kernel": asksKernel = true
    default:
        print("usage: native-fuzz [--programs N] [--seed S] [--kernel]")
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
            + "\(counts.operations.count) operations; returned \(counts.returned), blinded \(counts.blinded), "
            + "\(counts.sets) sets with \(counts.tailCalls) tail calls, \(counts.proven) proven "
            + "(\(counts.facts.values.reduce(0, +)) facts held against runs), \(faults)"
    )
}

@MainActor func report(_ counts: KernelDifferential.Counts) {
    let seconds = Int((ContinuousClock.now - started).components.seconds)
    say(
        "seed \(seed): \(counts.programs) programs in \(seconds) s, \(counts.operations.count) operations; "
            + "the kernel agrees \(counts.agreed), rejects \(counts.rejected), endless \(counts.endless)")
}

/// Steps until there have been as many programs as were asked for.
@MainActor func run<Counts>(_ step: () throws -> Counts, _ programs: (Counts) -> Int, _ report: (Counts) -> Void) throws
{
    // Twice as long each time, up to a minute.
    var next = started + .seconds(10)
    while true {
        let counts = try step()
        let isDone = programs(counts) >= wanted
        if isDone || ContinuousClock.now >= next {
            report(counts)
            next = ContinuousClock.now + min(.seconds(60), ContinuousClock.now - started)
        }
        if isDone { return say("seed \(seed): no difference") }
    }
}

interruptEverySecond()
do {
    if asksKernel {
        var differential = try KernelDifferential(seed: seed)
        try run(
            {
                try differential.step()
                return differential.counts
            }, \.programs
        ) { report($0) }
    } else {
        var differential = try Differential(seed: seed)
        try run(
            {
                try differential.step()
                return differential.counts
            }, \.programs
        ) { report($0) }
    }
} catch {
    say("seed \(seed): \(error)")
    exit(1)
}
