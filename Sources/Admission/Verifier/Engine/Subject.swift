internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// The program under verification and what surrounds it: nothing here changes while it is verified.
struct Subject {
    let code: [Instruction]
    let forms: [Form]
    let maps: [MapFacts]
    let descriptor: ProgramDescriptor
    let options: VerifierOptions
    /// The licence is compatible with the GPL.
    let isGPL: Bool
    let mayLeak: Bool
    /// Some register other than R10 points into the frame at the entry.
    var entersWithFrameAddresses = false

    /// - Parameter loads: classic packet loads, by instruction, in whose places `code` has placeholders.
    init(
        code: [Instruction], loads: [Int: ClassicLoad] = [:], maps: [MapFacts], descriptor: ProgramDescriptor,
        licence: String, options: VerifierOptions
    ) {
        var code = code
        var forms = code.map { Form.table[Int($0.operation.rawValue)] }
        for (index, load) in loads {
            var form = Form(.classicLoad)
            form.size = load.size
            form.usesImmediate = load.source == nil
            forms[index] = form
            code[index].source = load.source ?? 0
        }
        self.code = code
        self.forms = forms
        self.maps = maps
        self.descriptor = descriptor
        self.options = options
        isGPL = Self.gplLicences.contains(licence)
        mayLeak = descriptor.mayLeakAddresses || options.allowsAddressLeaks
    }

    /// include/linux/license.h, license_is_gpl_compatible.
    private static let gplLicences: Set<String> = [
        "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
    ]
}

/// What the verifier knows of a map.
struct MapFacts: Sendable {
    var name: String
    /// nil: a number that Linux has not given out.
    var type: MapType?
    var keySize: UInt32
    var valueSize: UInt32
    var maximumEntries: UInt32
    var isReadOnly: Bool
    var isWriteOnly: Bool
    /// The bytes of the only value of a map that nobody may write.
    var contents: [UInt8]
    /// For maps of maps: index of the map that stands for all inner ones.
    var inner: Int?
    var spinLock: UInt32?
    var timer: UInt32?
}
