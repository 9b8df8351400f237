/** What the specs use of a library that has no types of its own. */
declare module 'jsonld' {
  const jsonld: {
    toRDF(document: object, options: { format: 'application/n-quads'; safe: boolean; documentLoader: (url: string) => Promise<never> }): Promise<string>;
  };
  export default jsonld;
}
