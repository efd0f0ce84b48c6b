import Enclosure
import TestSupport

extension EnclosureKind {
    /// The enclosures that cells can be made in here: children anywhere, guests where there is KVM.
    package static let testable: [EnclosureKind] = KVM.isUsable ? [.guest, .child] : [.child]
}
