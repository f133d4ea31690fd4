// The generator and the judge, run here by ONNX Runtime Web from bytes that stand in the page.

/** Load both once; images and chances are asked for one after the other. */
const networks = (() => {
  let loading;
  return () => (loading ??= load());

  async function load() {
    const script = new Blob([await unpacked("ort-script")], { type: "text/javascript" });
    const ort = await import(URL.createObjectURL(script));
    ort.env.wasm.wasmBinary = await unpacked("ort-wasm");
    ort.env.wasm.numThreads = 1; // more would need headers that a file does not have
    const open = async (id) =>
      ort.InferenceSession.create(await unpacked(id), { executionProviders: ["wasm"] });
    const generator = await open("generator"),
      judge = await open("judge");
    let queue = Promise.resolve();
    const next = (act) => (queue = queue.then(act, act));

    /** Return images (n * 784 numbers in [-1, 1]) of noises, each an array of numbers. */
    const images = (noises) =>
      next(async () => {
        const all = Float32Array.from(noises.flatMap((noise) => [...noise]));
        const noise = new ort.Tensor("float32", all, [noises.length, noises[0].length]);
        return (await generator.run({ noise })).images.data;
      });

    /** Return chances (n arrays of 10) and features (n arrays of 64) of images. */
    const judged = (pixels) =>
      next(async () => {
        const n = pixels.length / 784;
        const seen = await judge.run({ images: new ort.Tensor("float32", pixels, [n, 1, 28, 28]) });
        const rows = ({ data }) =>
          Array.from({ length: n }, (_, k) => [
            ...data.slice(k * (data.length / n), (k + 1) * (data.length / n)),
          ]);
        return { chances: rows(seen.chances), features: rows(seen.features) };
      });
    return { images, judged };
  }
})();
