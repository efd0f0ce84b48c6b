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
    do throws(ConfinementError) {
        _ = try Confinement(try plan(role: "broker")).lockDown()
        say("confined")
    } catch {
        say("\(error)")
    }
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
