import Bytecode
import Embedding
import Glibc
import ObjectFile
import ProgramPackage
import TestSupport
import Verifier

// verifier-fuzz [--programs N] [--seed S] [--inputs N] [--objects FILE…]
//
// Random programs, or mutations of those in the objects: what the verifier accepts must not go wrong, and each state that a run is
// in must be one that the verifier knew of.

var programs = 100_000
var seed: UInt64 = 1
var inputs = 6
var objects: [String] = []
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--programs": programs = arguments.popFirst().flatMap { Int($0) } ?? programs
    case "--seed": seed = arguments.popFirst().flatMap { UInt64($0) } ?? seed
    case "--inputs": inputs = arguments.popFirst().flatMap { Int($0) } ?? inputs
    case "--objects":
        objects = Array(arguments)
        arguments.removeAll()
    default:
        print("usage: verifier-fuzz [--programs N] [--seed S] [--inputs N] [--objects FILE…]")
        exit(2)
    }
}

struct Original {
    var code: [Instruction]
    var section: String
    var maps: [MapDefinition]
}

func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        guard count > 0 else { return bytes }
        bytes += buffer[..<count]
    }
}

var originals: [Original] = []
for path in objects {
    guard let bytes = read(path), let package = try? ObjectReader.read(bytes) else {
        print("\(path) is not read")
        continue
    }
    for program in package.programs where program.code.count <= 400 {
        guard let code = try? Instruction.decode(program.code) else { continue }
        originals.append(Original(code: code, section: program.section, maps: package.maps))
    }
}

let clock = ContinuousClock()
let start = clock.now
var examination = Examination(inputs: inputs, verify: examine)
var failures = 0
var shown: Set<String> = []

@MainActor func report(_ number: Int) {
    let seconds = (clock.now - start) / .seconds(1)
    let counts = examination.counts
    let rate = Int(Double(number) / max(seconds, 0.001))
    print(
        "\(number) programs, \(rate)/s: \(counts.accepted) accepted, \(counts.needsFuel) need fuel, "
            + "\(counts.rejected) rejected, \(counts.tooComplex) too complex; \(counts.runs) runs of "
            + "\(counts.instructions) instructions, \(counts.statesChecked) states checked, "
            + "\(counts.unsupported) not to be run; \(failures) failures")
    fflush(nil)
}

for number in 0..<programs {
    let own = seed &+ UInt64(number)
    var code: [Instruction]
    var section: String
    var maps = Fixture.maps
    if originals.isEmpty {
        let made = ProgramGenerator.program(seed: own)
        (code, section) = (made.code, Fixture.sections[made.section])
    } else {
        let original = originals[number % originals.count]
        var mutator = Mutator(seed: own)
        (code, section, maps) = (mutator.mutated(original.code), original.section, original.maps)
    }
    if let failure = examination.examine(code, section: section, maps: maps, seed: own) {
        failures += 1
        // Mutations of one program fail alike.
        guard shown.insert("\(originals.isEmpty ? number : number % originals.count) \(failure.sort)").inserted else {
            continue
        }
        print("program \(own) (\(section)): \(failure)")
        var again = Examination(inputs: inputs, verify: examine)
        let small = Shrinker.shrunk(code) {
            again.examine($0, section: section, maps: maps, seed: own)?.sort == failure.sort
        }
        print(assembly(small))
        var last = Examination(inputs: inputs, verify: examine)
        if let failure = last.examine(small, section: section, maps: maps, seed: own) { print("smaller: \(failure)") }
        fflush(nil)
        if shown.count >= 20 { break }
    }
    if (number + 1) % 50_000 == 0 { report(number + 1) }
}
report(examination.counts.programs)
exit(failures == 0 ? 0 : 1)

/// The verifier, with what it believes.
func examine(_ package: ObjectPackage) -> (ProgramVerification, (any StateOracle)?) { verified(package) }
