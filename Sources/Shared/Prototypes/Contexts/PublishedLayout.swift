/// The structures that programs see here, by name and field: what CO-RE relocations are answered with.
///
/// They are Linux's UAPI, so an object that was compiled against any kernel's `vmlinux.h` means the same ones.
package struct PublishedLayout: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package var offset: UInt32
        package var size: UInt32

        package init(offset: UInt32, size: UInt32) {
            self.offset = offset
            self.size = size
        }
    }

    package var size: UInt32
    package var fields: [String: Field]
    /// Fields of bits: which, counted from the start of the structure.
    package var bits: [String: Range<UInt32>] = [:]
    /// Whether it is a protocol's, so that the parts of its fields are everywhere what its author says.
    package var isWireFormat = false

    /// By the structure's name in C. A type of programs may see some fields of a structure only; here are all that any sees. Those of eBPF
    /// for Windows have the names of types there, `bind_md_t`, and their structures an underscore for it, `_bind_md`.
    package static let all: [String: PublishedLayout] = {
        let objects = [ObjectLayout.socket, ObjectLayout.tcpSocket, ObjectLayout.flowKeyFields]
        var all = wireFormats.merging(traceRecords) { first, _ in first }
        for structure in ProgramDescriptor.all.map(\.context) + objects {
            var layout = all["\(structure.name)"] ?? PublishedLayout(size: structure.size, fields: [:])
            layout.size = max(layout.size, structure.size)
            for field in structure.fields {
                layout.fields["\(field.name)"] = Field(offset: field.offset, size: field.size)
            }
            all["\(structure.name)"] = layout
            if "\(structure.name)".hasSuffix("_md_t") { all["_\("\(structure.name)".dropLast(2))"] = layout }
        }
        return all
    }()
}
