// Named as npm's own program is.
console.log(globalThis[Symbol.for('promhive.register')] ? 'measured' : 'not measured')
