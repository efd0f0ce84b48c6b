internal import CConfinementProbe
internal import Confinement

/// Reads calls, one a line: the number and six arguments, decimal; then 0 for a native call or 1 for `int 0x80`.
/// Answers each with `killed`, `returned RESULT`, `ended` or `signal NUMBER`.
func answerCalls(role: String) {
    let prepared: PreparedFilter
    do throws(FilterError) { prepared = try filter(role: role).prepared() } catch { fail("\(error)") }
    guard probe_event_at(ProbeDescriptors.processor) == 0, probe_event_at(ProbeDescriptors.report) == 0 else {
        fail("no event descriptor")
    }
    var answers: [String] = []
    while let line = readLine() {
        let numbers = line.split(separator: " ").compactMap { UInt64($0) }
        guard numbers.count == 8 else { fail("line \(answers.count + 1)") }
        let outcome = outcome(of: numbers, under: prepared)
        switch (outcome.signal, outcome.returned) {
        case (31, _): answers.append("killed")
        case (0, 1): answers.append("returned \(outcome.result)")
        case (0, _): answers.append("ended")
        case (let signal, _): answers.append("signal \(signal)")
        }
    }
    print(answers.joined(separator: "\n"))
}

private func outcome(of numbers: [UInt64], under filter: PreparedFilter) -> probe_outcome {
    let arguments = Array(numbers[1...6])
    // SAFETY: `instructions` has `count` elements, `arguments` six.
    return unsafe filter.instructions.withUnsafeBytes { bytes in
        unsafe probe_filtered_call(
            bytes.baseAddress, UInt16(filter.instructions.count), UInt32(truncatingIfNeeded: numbers[0]), arguments,
            Int32(truncatingIfNeeded: numbers[7]))
    }
}
