import Bytecode

/// What a compiler may call for a loop or an assignment of its own accord, whether or not the source says so, and which
/// no kernel provides: a routine of ours is linked in, verified and run like everything else of the program.
///
/// They go byte by byte, since nothing is known of alignment. All return what C says, in R0. `memmove` is not among
/// them: to choose a direction it would have to compare two addresses, which no verifier lets a program do unless both
/// are of the same memory.
enum BuiltInRoutine: String, CaseIterable {
    case memset, memcpy, memcmp

    /// Arguments in R1 to R3; nothing but these, R0, R4 and R5 is changed.
    var code: [Slot] {
        switch self {
        case .memset:
            [
                Slot(0xBF, 0, 1),  // r0 = r1
                Slot(0x15, 3, 0, offset: 4),  // if r3 == 0 goto end
                Slot(0x73, 1, 2),  // *(u8 *)(r1 + 0) = r2
                Slot(0x07, 1, 0, immediate: 1),  // r1 += 1
                Slot(0x07, 3, 0, immediate: -1),  // r3 += -1
                Slot(0x55, 3, 0, offset: -4),  // if r3 != 0 goto the store
                Slot(0x95, 0, 0),  // end: exit
            ]
        case .memcpy:
            [
                Slot(0xBF, 0, 1),  // r0 = r1
                Slot(0x15, 3, 0, offset: 6),  // if r3 == 0 goto end
                Slot(0x71, 4, 2),  // r4 = *(u8 *)(r2 + 0)
                Slot(0x73, 1, 4),  // *(u8 *)(r1 + 0) = r4
                Slot(0x07, 1, 0, immediate: 1),  // r1 += 1
                Slot(0x07, 2, 0, immediate: 1),  // r2 += 1
                Slot(0x07, 3, 0, immediate: -1),  // r3 += -1
                Slot(0x55, 3, 0, offset: -6),  // if r3 != 0 goto the load
                Slot(0x95, 0, 0),  // end: exit
            ]
        case .memcmp:
            [
                Slot(0xB7, 0, 0),  // r0 = 0
                Slot(0x15, 3, 0, offset: 8),  // if r3 == 0 goto end
                Slot(0x71, 0, 1),  // r0 = *(u8 *)(r1 + 0)
                Slot(0x71, 4, 2),  // r4 = *(u8 *)(r2 + 0)
                Slot(0x1F, 0, 4),  // r0 -= r4
                Slot(0x55, 0, 0, offset: 4),  // if r0 != 0 goto end
                Slot(0x07, 1, 0, immediate: 1),  // r1 += 1
                Slot(0x07, 2, 0, immediate: 1),  // r2 += 1
                Slot(0x07, 3, 0, immediate: -1),  // r3 += -1
                Slot(0x55, 3, 0, offset: -8),  // if r3 != 0 goto the first load
                Slot(0x95, 0, 0),  // end: exit
            ]
        }
    }
}
