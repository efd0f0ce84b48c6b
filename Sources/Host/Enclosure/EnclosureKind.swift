/// What keeps a cell in. ``Jail`` and ``Cell`` are the same for both: one image, one map of addresses, one channel, one report.
package enum EnclosureKind: CaseIterable, Sendable {
    /// A virtual machine without a kernel, run by a jailed monitor.
    case guest
    /// A process without system calls, which has nothing in memory but the cell.
    case child

    /// The executable that starts processes for it, which lies beside the broker's.
    package var helper: String {
        switch self {
        case .guest: "ringfence-jail"
        case .child: "ringfence-child"
        }
    }
}
