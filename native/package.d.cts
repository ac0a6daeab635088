/** The absolute path of the folder that package.json is in. */
export declare const packageRoot: string
