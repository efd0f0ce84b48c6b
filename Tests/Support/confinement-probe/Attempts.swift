internal import CConfinementProbe
internal import Confinement

func wx(confinement: String, mechanism: String) {
    probe_prepare()
    switch confinement {
    case "none": break
    case "mdwe": if probe_prctl(65, 1) != 0 { fail("PR_SET_MDWE") }
    default:
        do throws(ConfinementError) { _ = lockDown(try plan(role: confinement)) } catch { fail("\(error)") }
    }
    let outcome =
        switch mechanism {
        case "anonymousWriteExecute": probe_anonymous_write_execute()
        case "protectExecute": probe_protect_execute()
        case "anonymousExecute": probe_anonymous_execute()
        case "memoryFileTwice": probe_memory_file_twice()
        case "ownMemoryFile": probe_own_memory_file()
        case "sharedSegment": probe_shared_segment()
        case "readImpliesExecute": probe_read_implies_execute()
        default: fail("unknown mechanism \(mechanism)")
        }
    say("\(outcome)")
}

func open(role: String, flags: Int32, path: String, writable: [String]) {
    do throws(ConfinementError) { _ = lockDown(try plan(role: role, writable: writable)) } catch { fail("\(error)") }
    // SAFETY: the string is a terminated C string for the length of the call.
    let outcome = unsafe probe_open(path, flags)
    say("\(outcome)")
}

func hold(role: String) {
    _ = probe_event_at(ProbeDescriptors.processor)
    do throws(ConfinementError) { _ = lockDown(try plan(role: role)) } catch { fail("\(error)") }
    say("ready")
    probe_stay()
}

func threads() {
    if probe_start_thread() != 0 { fail("no thread") }
    attempt { () throws(ConfinementError) in try plan(role: "broker") }
}

/// Allocates, hashes, sorts and formats, which is all that a parser does.
func work() {
    do throws(ConfinementError) { _ = lockDown(try plan(role: "admission")) } catch { fail("\(error)") }
    var names: [String: [Int]] = [:]
    for number in 0..<200_000 { names["section \(number % 1000)", default: []].append(number) }
    let largest = [UInt64](repeating: 7, count: 4 << 20)
    let sorted = names.keys.sorted()
    let sum = names.values.reduce(0) { $0 + $1.count } + Int(largest[largest.count - 1])
    names = [:]
    say("\(sorted.count) \(sum) \(Set(sorted).count)")
}

/// The message leaves by the one descriptor that even a monitor may write to.
func report(role: String) {
    do throws(ConfinementError) {
        let report = lockDown(try plan(role: role))
        say(report.message.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    } catch { fail("\(error)") }
}

func alias(_ mapping: String) {
    let made: Int64 =
        switch mapping {
        case "writeExecute": probe_anonymous_write_execute()
        case "twice": probe_memory_file_twice()
        case "none": 42
        default: fail("unknown mapping \(mapping)")
        }
    guard made == 42 else { fail("no mapping: \(made)") }
    attempt { () throws(ConfinementError) in try plan(role: "broker") }
}

func orphan() {
    attempt { () throws(ConfinementError) in try plan(role: "admission").with(parent: 1 << 30) }
}

private func attempt(_ plan: () throws(ConfinementError) -> ConfinementPlan) {
    do throws(ConfinementError) {
        _ = try Confinement(try plan()).lockDown()
        say("confined")
    } catch {
        say("\(error)")
    }
}

/// The child is told whom to expect before it exists: one that asks for its parent afterwards may be told of another.
func parent() {
    let plan: ConfinementPlan
    do throws(ConfinementError) {
        plan = try ConfinementPlan.admission(
            AdmissionDescriptors(input: [], output: [ProbeDescriptors.output]), parent: currentProcess())
    } catch { fail("\(error)") }
    let child = probe_fork()
    if child == 0 {
        _ = lockDown(plan)
        probe_stay()
    }
    say("\(child)")
    _ = readLine()
}
