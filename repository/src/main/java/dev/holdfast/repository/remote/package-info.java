/**
 * A backup in two halves: one that reads files where they are and holds no key, one that holds the
 * repository. Between them goes a stream of frames in each direction, version 3:
 *
 * <pre>
 * frame    = kind (1 byte), number (4 bytes), length (4 bytes), payload; integers are big-endian
 * mover    → HELLO    number = version, payload = "holdfast mover"
 * keeper   → START    JSON: polynomial, tree (the parent's, or absent), level (of zstd), threads
 * mover    → MISSING  number = of the question, payload = blob type (1 byte), ids (32 bytes each)
 * keeper   → ANSWER   number = of the question, payload = a bit for each id, lowest first
 * mover    → TREE     number = of the question, payload = id of a tree of the parent snapshot
 * keeper   → ANSWER   its text compressed, without files whose content is not there; or empty
 * mover    → BLOB     number = length of the plaintext, payload = type, id, the plaintext by zstd
 * mover    → READ     payload = bytes that were read since the last one (8 bytes)
 * mover    → UNREAD   payload = JSON: path, why: an entry that could not be read
 * mover    → DONE     payload = JSON: the root tree's id, counts, the directory's root tag
 * mover    → FAILED   payload = a sentence
 * keeper   → END      the mover may go
 * </pre>
 *
 * A blob of at most 16 KiB may come without a question. The keeper checks every blob against its
 * id, drops what it has, and sees that all that it asked for came.
 */
@NullMarked
package dev.holdfast.repository.remote;

import org.jspecify.annotations.NullMarked;
