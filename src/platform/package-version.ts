/** The version in package.json, as text: a bundle has no package.json. */
export const packageVersion = '0.1.0'
