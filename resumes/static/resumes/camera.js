/** The camera's live picture with a frame for the face. */

import { byId, find } from "./page.js";

const WANTED = { video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1920 } } };

/** The photo taken as a JPEG file, or null. Throws when there is no camera to be had. */
export async function takePhoto() {
  const stream = await navigator.mediaDevices.getUserMedia(WANTED);
  const dialog = byId("camera-dialog");
  const video = find("video", dialog);
  const shutter = find("[data-shutter]", dialog);
  shutter.disabled = true;
  try {
    video.srcObject = stream;
    dialog.showModal();
    await video.play();
    shutter.disabled = false;
    return await new Promise((resolve) => {
      shutter.onclick = async () => resolve(await still(video));
      find("[data-close]", dialog).onclick = () => resolve(null);
      dialog.onclose = () => resolve(null);
    });
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    dialog.close();
  }
}

/** The whole picture, not mirrored as on the screen: a portrait shows a person as others see them. */
async function still(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  return blob && new File([blob], "camera.jpg", { type: "image/jpeg" });
}
