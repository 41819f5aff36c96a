// content/sms_length.py, word for word: GSM 03.38.
const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const DOUBLE = new Set("^{}\\[~]|€\f");

export function lengthOf(text) {
  const letters = [...text];
  const latin = letters.every((letter) => BASIC.has(letter) || DOUBLE.has(letter));
  const units = latin ? letters.reduce((sum, letter) => sum + (DOUBLE.has(letter) ? 2 : 1), 0) : text.length;
  const [one, more] = latin ? [160, 153] : [70, 67];
  const parts = units <= one ? 1 : Math.ceil(units / more);
  return { units, parts, room: parts === 1 ? one : parts * more, latin };
}
