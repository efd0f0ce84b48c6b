/// Something that happens on the host again and again, and does not go on until it was decided about.
///
/// To make one is to attach it. It asks for a decision of each event in turn, does what was decided, and puts everything back when it is
/// detached or given up.
package protocol HookProvider: ~Copyable {
    /// An event, as long as it is being decided about.
    associatedtype Delivery
    /// What is to be done with it.
    associatedtype Outcome
    associatedtype Problem: Error

    /// Takes what has come in, at most `limit` events.
    ///
    /// - Parameters:
    ///   - announce: is told of some events before the first of them is decided about, in the order in which they will be.
    ///   - decide: says what is to be done with one of them.
    /// - Returns: how many there were.
    mutating func serve(
        limit: Int, announce: (Delivery) throws(Problem) -> Void, decide: (Delivery) throws(Problem) -> Outcome
    ) throws(Problem) -> Int

    /// Waits until something comes in, or for so long.
    func wait(milliseconds: Int32) throws(Problem)

    /// Lets what was decided take effect, and ends.
    consuming func detach() throws(Problem)
}
