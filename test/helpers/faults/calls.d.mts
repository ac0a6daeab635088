/** Calls `before` with the name of each call that concerns a directory, ahead of it. Gives a function that ends it. */
export declare function interceptCalls(directory: string, before: (name: string) => void): () => void
