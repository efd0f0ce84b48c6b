import Glibc

// policy-fuzz [--executions N] [--seed S] [--seconds S]
//
// Mutates envelopes, policy texts, roots and statements, and gives them to the readers that face foreign bytes. A reader that traps, hangs for
// more than a second, reads a text of which not every byte counts, or says something else the second time ends the run with 1 and the
// bytes. The same seed makes the same inputs again.

var wanted: UInt64 = 1_000_000
var seed: UInt64 = 1
var seconds = Int.max
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    let value = arguments.popFirst()
    switch argument {
    case "--executions": wanted = value.flatMap { UInt64($0) } ?? wanted
    case "--seed": seed = value.flatMap { UInt64($0) } ?? seed
    case "--seconds": seconds = value.flatMap { Int($0) } ?? seconds
    default:
        print("usage: policy-fuzz [--executions N] [--seed S] [--seconds S]")
        exit(2)
    }
}

/// A long run is watched through a file or a pipe, so every line is out at once.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

// A reader that does not come back: the alarm ends the process, and the last seed said where.
signal(SIGALRM) { _ in
    let text = "a reader did not come back within 10 s\n"
    _ = text.withCString { write(2, $0, strlen($0)) }
    _exit(1)
}

let started = ContinuousClock.now
var fuzzer = Fuzzer(seed: seed)
var next: UInt64 = 1 << 14
while fuzzer.executions < wanted {
    alarm(10)
    guard fuzzer.run(256) else {
        say("seed \(seed), execution \(fuzzer.executions): \(fuzzer.failure ?? "")")
        exit(1)
    }
    let elapsed = ContinuousClock.now - started
    if fuzzer.executions >= next || fuzzer.executions >= wanted || elapsed.components.seconds >= seconds {
        next = min(next * 2, next + (1 << 23))
        let time = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        say(
            "seed \(seed): \(fuzzer.executions) executions, \(Int(Double(fuzzer.executions) / time))/s; \(fuzzer.summary)"
        )
        if elapsed.components.seconds >= seconds { break }
    }
}
// A run that never met a reader's yes, or any of its noes, has shown nothing.
guard fuzzer.isConvincing else {
    say("seed \(seed): some reader was never passed, or never refused: \(fuzzer.summary)")
    exit(1)
}
