internal import CLinux

/// Closes every descriptor of this process but the listed ones.
func closeDescriptors(except kept: [Int32]) throws(ConfinementError) {
    var next: UInt32 = 0
    for descriptor in Set(kept.map { UInt32(bitPattern: $0) }).sorted() {
        if descriptor > next { try close(next, descriptor - 1) }
        next = descriptor + 1
    }
    try close(next, UInt32.max)
}

private func close(_ first: UInt32, _ last: UInt32) throws(ConfinementError) {
    let status = confinement_close_range(first, last)
    guard status == 0 else { throw .refused(step: .closeDescriptors, errno: Int32(-status)) }
}
