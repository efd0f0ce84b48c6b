/// Random programs, and what must hold of those that the verifier accepts.
enum Embedding {}
