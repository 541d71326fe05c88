/** Whole request target → body; the same in every era. */
export const welcomePages: ReadonlyMap<string, string> = new Map([
  ['/welcome', '<html>Welcome to jinq ai server</html>'],
  ['/hello_world', '<html>Hello World !!!</html>'],
]);

/** Every other target, in eras A and B with 200. */
export const notFoundPage = '<html>404 Not Found</html>';
