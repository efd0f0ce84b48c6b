/// What an operation does to memory.
struct Access {
    /// Bytes; 0 where it touches none.
    var size: UInt8
    var isRead = false
    var isWrite = false
    /// Whether the source register has the address, and not the destination.
    var isThroughSource = false

    init(_ effect: Effect) {
        switch effect {
        case .load(let size, _):
            self.size = size
            isRead = true
            isThroughSource = true
        case .store(let size, _):
            self.size = size
            isWrite = true
        case .atomic(_, let size, _), .exchange(let size), .compareExchange(let size):
            self.size = size
            isRead = true
            isWrite = true
        case .binary, .move, .negate, .extend, .convert, .branch, .callHelper, .callLocal, .exit, .wide, .map,
            .mapValue,
            .function, .nothing, .invalid:
            size = 0
        }
    }
}
