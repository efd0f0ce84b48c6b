internal import Embedding
