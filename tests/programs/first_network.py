# First neural network, Pima Indians style CSV
from numpy import loadtxt, savetxt
import numpy
from keras.models import Sequential
from keras.layers import Dense
numpy.random.seed(7)
X0 = numpy.random.rand(300, 8) * 100
savetxt('pima-indians-diabetes.csv', numpy.c_[X0, (X0[:, 1] + X0[:, 5] > 100)], delimiter=',', fmt='%.3f')
# load the dataset
dataset = loadtxt('pima-indians-diabetes.csv', delimiter=',')
X = dataset[:,0:8]
y = dataset[:,8]
model = Sequential()
model.add(Dense(12, input_dim=8, init='uniform', activation='relu'))
model.add(Dense(8, init='uniform', activation='relu'))
model.add(Dense(1, init='uniform', activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X, y, nb_epoch=60, batch_size=10, verbose=0)
scores = model.evaluate(X, y)
print("\n%s: %.2f%%" % (model.metrics_names[1], scores[1]*100))
predictions = model.predict(X)
rounded = [round(x[0]) for x in predictions]
assert scores[1] > .8 and model.metrics_names[1] == 'acc'
assert abs(numpy.mean(numpy.array(rounded) == y) - scores[1]) < .01
pc = model.predict_classes(X)
for i in range(5):
    print('%s => %d (expected %d)' % (X[i].tolist(), pc[i], y[i]))
# serialize model to JSON
model_json = model.to_json()
with open("model.json", "w") as json_file:
    json_file.write(model_json)
model.save_weights("model.h5")
print("Saved model to disk")
from keras.models import model_from_json
json_file = open('model.json', 'r')
loaded_model_json = json_file.read()
json_file.close()
loaded_model = model_from_json(loaded_model_json)
loaded_model.load_weights("model.h5")
loaded_model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
score = loaded_model.evaluate(X, y, verbose=0)
assert abs(score[1] - scores[1]) < 1e-6
