// The exceptions of the check of words, each with its reason. An entry without `word` is for all words of the file or folder.

/** @type {readonly { path: string, word?: string, scope?: string, reason: string }[]} */
export const allowed = []
